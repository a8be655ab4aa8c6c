namespace Holdfast.Hosting;

/// <summary>
/// The configuration breaks rules, and nothing was started. Carries every problem found, each naming section, key,
/// value and what is legal. <see cref="HoldfastProgram"/> turns it into a message and exit code
/// <see cref="HoldfastProgram.WrongConfigurationCode"/>.
/// </summary>
public sealed class WrongConfigurationException(params IReadOnlyList<string> problems) : Exception(Describe(problems))
{
    /// <summary>One sentence each.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;

    private static string Describe(IReadOnlyList<string> problems) =>
        $"The configuration is wrong, so nothing was started. {problems.Count} " +
        $"{(problems.Count == 1 ? "problem" : "problems")}:{Environment.NewLine}" +
        string.Join(Environment.NewLine, problems.Select(problem => $"  - {problem}"));
}
