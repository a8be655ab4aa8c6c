using System.Runtime.CompilerServices;

namespace Holdfast.Cli.Tests;

/// <summary>Runs the tool in this process, as a person at a terminal of 80 columns or as a script.</summary>
internal sealed class ToolRunner
{
    /// <summary>What every golden output was written at.</summary>
    public static readonly DateTime Now = new(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public PaperHosts? Hosts { get; init; }

    public int? Columns { get; init; } = 80;

    public bool IsTerminal { get; init; }

    /// <summary>Is cancelled where a person presses Ctrl-C.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>What a person types.</summary>
    public string Typed { get; init; } = "";

    public ToolRunner With(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    public async Task<ToolOutcome> RunAsync(params IReadOnlyList<string> arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        using var typed = new StringReader(Typed);
        var exit = await Tool.RunAsync(arguments, new Surroundings
        {
            Out = output,
            Error = errors,
            In = typed,
            Variable = name => _variables.GetValueOrDefault(name),
            Columns = Columns,
            IsOutTerminal = IsTerminal,
            IsErrorTerminal = IsTerminal,
            IsInTerminal = IsTerminal,
            Stop = Stop,
            Time = new FixedTime(),
            Connect = Hosts is { } hosts ? hosts.ConnectAsync : null,
        });
        return new ToolOutcome((ExitCode)exit, output.ToString(), errors.ToString(), ToolOutcome.LineOf(arguments));
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(Now);
    }
}

/// <summary>What a run came to.</summary>
internal sealed record ToolOutcome(ExitCode Exit, string Output, string Errors, string Arguments)
{
    private static readonly bool Rewrites = Environment.GetEnvironmentVariable("HOLDFAST_REWRITE_GOLDEN") == "1";

    /// <summary>
    /// Compares all of it with <c>Golden/&lt;name&gt;.txt</c>, which is reviewed as a diff; docs/cli.md shows the same.
    /// </summary>
    public void ShouldBeGolden(string name) => ShouldBeGolden(name, this);

    /// <summary>The same for several runs, one after the other.</summary>
    public static void ShouldBeGolden(string name, params IReadOnlyList<ToolOutcome> outcomes)
    {
        var path = Path.Combine(Folder(), "Golden", $"{name}.txt");
        var actual = string.Concat(outcomes.Select(outcome => outcome.Text()));
        if (Rewrites) File.WriteAllText(path, actual);
        File.Exists(path).ShouldBeTrue($"{path} is missing; HOLDFAST_REWRITE_GOLDEN=1 writes it:\n{actual}");
        actual.ShouldBe(File.ReadAllText(path), $"HOLDFAST_REWRITE_GOLDEN=1 writes {path} anew.");
    }

    /// <summary>Arguments as a person types them.</summary>
    public static string LineOf(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(argument =>
        argument.Contains(' ', StringComparison.Ordinal) ? $"'{argument}'" : argument));

    public string Text() =>
        $"$ holdfast {Arguments}\n{Output}{(Errors.Length > 0 ? $"[standard error]\n{Errors}" : "")}" +
        $"{(Exit == ExitCode.Done ? "" : $"[exit code {(int)Exit}]\n")}";

    public static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
