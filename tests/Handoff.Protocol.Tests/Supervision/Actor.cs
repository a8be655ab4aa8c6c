using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>What a process of the daemon is about.</summary>
internal enum Doing
{
    /// <summary>Serves, or drains and has its data still.</summary>
    Serving,

    /// <summary>Seals, and never comes to its end.</summary>
    Hanging,

    /// <summary>Has sealed and waits for a word.</summary>
    Sealed,

    /// <summary>Tries for its data.</summary>
    Returning,

    /// <summary>A successor before its turn.</summary>
    Waiting,

    /// <summary>A successor that has the data and serves as soon as it hears Commit, or nothing any more.</summary>
    Ready,
}

/// <summary>An actor of the stage: a process of the daemon, with what it has.</summary>
internal sealed class Actor(DaemonProcess identity)
{
    public DaemonProcess Identity { get; } = identity;

    public bool Lives { get; set; } = true;

    public Doing Doing { get; set; }

    /// <summary>Whether it has the lock of the data.</summary>
    public bool HasData { get; set; }

    /// <summary>Whether it sealed its data and released it, whatever it did then.</summary>
    public bool HasSealed { get; set; }

    public bool SaidReady { get; set; }

    /// <summary>Whether it was told that the handoff is off, so that it greets only when it serves.</summary>
    public bool WasTold { get; set; }

    /// <summary>The epoch it was given last.</summary>
    public ulong Epoch { get; set; }
}
