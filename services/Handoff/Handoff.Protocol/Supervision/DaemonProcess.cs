namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>The name of a build: of a folder inside the daemon's folder of builds, never a path.</summary>
public readonly record struct BuildName
{
    private readonly string? _value;

    /// <exception cref="FormatException">The text is no name of a folder.</exception>
    public BuildName(string value) => _value = IsLegal(value)
        ? value
        : throw new FormatException($"'{value}' is not a build name: {Rule} are wanted.");

    /// <summary>What is legal, for messages.</summary>
    public const string Rule = "1 to 128 characters of A-Z a-z 0-9 . _ - +, the first no dot";

    public string Value => _value ?? "";

    public static bool IsLegal(string? text) =>
        text is { Length: > 0 and <= 128 } && text[0] != '.' &&
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+');

    public override string ToString() => Value;
}

/// <summary>A process of a daemon: ids are given again, so the time it started goes along.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="StartedAt">When it started, on the kernel's clock; only equality counts.</param>
/// <param name="Build">The build it runs.</param>
public sealed record DaemonProcess(int Pid, ulong StartedAt, BuildName Build);

/// <summary>The two processes that a supervisor speaks with.</summary>
public enum Peer
{
    /// <summary>The process that serves and gives its work away.</summary>
    Incumbent,

    /// <summary>The process that takes it over.</summary>
    Successor,
}

/// <summary>How far a handoff is. The names are in journals and events and never change.</summary>
public enum HandoffStep
{
    /// <summary>The incumbent is called on its control path.</summary>
    Connecting,

    /// <summary>The successor is started and is to say Hello.</summary>
    Spawning,

    /// <summary>Both are there; the journal and the node's agent are told before anything changes.</summary>
    Negotiating,

    /// <summary>The incumbent accepts no more and ends what is under way.</summary>
    Draining,

    /// <summary>The incumbent writes everything out and releases its data.</summary>
    Sealing,

    /// <summary>The data is sealed; the daemon's epoch is raised for the successor.</summary>
    RaisingEpoch,

    /// <summary>The successor takes the data and opens it.</summary>
    AwaitingReady,

    /// <summary>The successor serves; this is never taken back.</summary>
    Committed,

    /// <summary>The successor is being ended, then the incumbent serves again.</summary>
    Aborting,
}
