namespace Holdfast.Cli;

/// <summary>How a run of the tool ended, for scripts. Documented in docs/cli.md; numbers are never reused.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>Something went wrong on the way; a change may have been carried out, or in part.</summary>
    Failed = 1,

    /// <summary>The command line, a setting or a file is wrong; nothing was asked.</summary>
    Usage = 2,

    /// <summary>Nobody who could answer did.</summary>
    Unreachable = 3,

    /// <summary><c>status --check</c>: something needs a look.</summary>
    Attention = 4,

    /// <summary>The services said no; nothing was changed.</summary>
    Refused = 5,

    /// <summary>A person said no, or was not there and <c>--yes</c> was not given; nothing was changed.</summary>
    NotConfirmed = 6,

    /// <summary>Ctrl-C, as shells count it.</summary>
    Interrupted = 130,
}

/// <summary>Ends a run with a message on standard error.</summary>
/// <param name="exit">The exit code.</param>
/// <param name="code">A stable word for scripts: a code of the services, or one of docs/cli.md.</param>
/// <param name="message">What was wrong and what is legal.</param>
internal sealed class ToolFailureException(ExitCode exit, string code, string message) : Exception(message)
{
    public ExitCode Exit { get; } = exit;

    public string Code { get; } = code;

    public static ToolFailureException Usage(string message) => new(ExitCode.Usage, "usage", message);

    public static ToolFailureException Interrupted(string message) =>
        new(ExitCode.Interrupted, "interrupted", message);

    public static ToolFailureException Unreachable(string message) =>
        new(ExitCode.Unreachable, "unreachable", message);
}
