using System.Globalization;

namespace Holdfast.Cli;

/// <summary>What a run of the tool sees of its process; tests make their own.</summary>
internal sealed record Surroundings
{
    /// <summary>Narrower than this nothing is laid out.</summary>
    private const int WidthMin = 20;

    /// <summary>Where lines go on as long as they are: what reads a pipe breaks them itself.</summary>
    private const int WidthOfFiles = 10_000;

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    public required Func<string, string?> Variable { get; init; }

    public bool IsOutTerminal { get; init; }

    public bool IsErrorTerminal { get; init; }

    public bool IsInTerminal { get; init; }

    /// <summary>Columns of the terminal; null where there is none.</summary>
    public int? Columns { get; init; }

    /// <summary>Ends the run as Ctrl-C does.</summary>
    public CancellationToken Stop { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Replaces the network, so that names lead where a test wants.</summary>
    public Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? Connect { get; init; }

    /// <summary>Columns to lay out for.</summary>
    public int Width => Math.Max(WidthMin, ColumnsAsked ?? Columns ?? WidthOfFiles);

    /// <summary>No colour where <c>NO_COLOR</c> says so, on a dumb terminal, in a file or a pipe.</summary>
    public bool IsColoured =>
        IsOutTerminal && Variable("NO_COLOR") is null or "" && Variable("TERM") is not (null or "dumb");

    // A shell that exports COLUMNS means it, in a pipe too.
    private int? ColumnsAsked =>
        int.TryParse(Variable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var columns)
            ? columns
            : null;

    public static Surroundings OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        Variable = Environment.GetEnvironmentVariable,
        IsOutTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        IsInTerminal = !Console.IsInputRedirected,
        Columns = Console.IsOutputRedirected ? null : Console.WindowWidth,
    };
}
