using Holdfast.Client;

namespace Holdfast.Cli.Calls;

/// <summary>What came of asking one service.</summary>
internal abstract record Reply<T>
    where T : class
{
    private Reply()
    {
    }

    /// <summary>The answer; null where there is none.</summary>
    public T? Value => (this as Answered)?.Answer;

    /// <summary>The stable word of a refusal, of <see cref="Contracts.Http.ProblemCodes"/>; null without one.</summary>
    public string? Code => (this as Refused)?.Problem.Code;

    /// <summary>Why there is none; null where there is.</summary>
    public string? Failure => this switch
    {
        Refused refused => $"{refused.Problem.Code}: {refused.Problem.Detail}",
        Unreachable unreachable => unreachable.Why,
        _ => null,
    };

    /// <summary>It answered.</summary>
    public sealed record Answered(T Answer) : Reply<T>;

    /// <summary>It said no, or that it does not know (5xx).</summary>
    public sealed record Refused(ProblemAnswer Problem) : Reply<T>;

    /// <summary>No answer, or none that can be read.</summary>
    /// <param name="Why">What was seen.</param>
    /// <param name="WasSent">The request may have arrived, and a change may have been carried out.</param>
    public sealed record Unreachable(string Why, bool WasSent = true) : Reply<T>;
}
