namespace Holdfast.Containers.Compose;

/// <summary>What a program said and how it ended.</summary>
internal sealed record Ended(int Code, string Output, string Errors)
{
    public bool Succeeded => Code == 0;

    public string Said => (Output + "\n" + Errors).Trim();

    public IEnumerable<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs programs to their end.</summary>
internal static class Shell
{
    private const int NotFoundCode = 127;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<Ended> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        TimeSpan? patience = null)
    {
        try
        {
            await using var process = ChildProcess.Start(program, program, arguments, environment);
            var code = await process.ExitAsync(patience ?? Patience);
            return new Ended(code, string.Join('\n', process.Output.All), string.Join('\n', process.Errors.All));
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return new Ended(NotFoundCode, "", missing.Message);
        }
    }

    /// <summary>Runs a program that must succeed; returns what it wrote to standard output.</summary>
    public static async Task<Ended> DemandAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var given = arguments.ToList();
        var ended = await RunAsync(program, given, environment);
        return ended.Succeeded
            ? ended
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', given)} ended with {ended.Code}:\n{ended.Said}");
    }
}
