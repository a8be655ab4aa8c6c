using System.Collections.Immutable;

namespace Holdfast.Handoff.Wire;

/// <summary>Which side of a handoff a process is, apart from the supervisor.</summary>
public enum HandoffRole
{
    /// <summary>The running process that gives its work away.</summary>
    Incumbent = 0,

    /// <summary>The new process that takes it over.</summary>
    Successor = 1,
}

/// <summary>
/// What supervisor (S), incumbent (O) and successor (N) say to each other. The order of the fields is their order on
/// the wire; the table of numbers is in <see cref="MessageKind"/>.
/// </summary>
public abstract record HandoffMessage
{
    private HandoffMessage()
    {
    }

    /// <summary>O, N to S: who I am, and which versions I speak.</summary>
    /// <param name="Role">Incumbent or successor.</param>
    /// <param name="Pid">The process id, which S compares with the process it started.</param>
    /// <param name="Build">The build that runs, in bytes that only its makers understand.</param>
    /// <param name="ProtoMin">The lowest version spoken.</param>
    /// <param name="ProtoMax">The highest version spoken.</param>
    /// <param name="Capabilities">Reserved, 0.</param>
    public sealed record Hello(
        HandoffRole Role, uint Pid, BuildId Build, ushort ProtoMin, ushort ProtoMax, ulong Capabilities)
        : HandoffMessage;

    /// <summary>S to O, N: the version chosen and the handoff this is about.</summary>
    public sealed record HelloAck(ushort Version, HandoffId Handoff) : HandoffMessage;

    /// <summary>S to O: drain.</summary>
    /// <param name="Handoff">The handoff.</param>
    /// <param name="SuccessorPid">Who takes over.</param>
    /// <param name="DeadlineMs">The time for the whole handoff, from now.</param>
    /// <param name="DrainGraceMs">How much of it connections may take to end.</param>
    public sealed record PrepareHandoff(HandoffId Handoff, uint SuccessorPid, ulong DeadlineMs, ulong DrainGraceMs)
        : HandoffMessage;

    /// <summary>O to S: drained, with so many connections left.</summary>
    public sealed record Drained(uint OpenConnectionsRemaining, bool AcceptClosed) : HandoffMessage;

    /// <summary>S to O: write everything out and stop writing.</summary>
    public sealed record SealRequest(HandoffId Handoff) : HandoffMessage;

    /// <summary>O to S: how far the sealing is.</summary>
    public sealed record SealProgress(uint ShardsSealed, uint ShardsTotal, ulong LastRevision) : HandoffMessage;

    /// <summary>O to S: sealed, and the lock of the data directory is released.</summary>
    public sealed record SealComplete(HandoffId Handoff, Revisions LastRevisions, DataFingerprint Fingerprint)
        : HandoffMessage;

    /// <summary>O to S: the sealing failed; the incumbent keeps the lock and goes on serving.</summary>
    public sealed record SealFailed(HandoffId Handoff, string Error, string PartialState) : HandoffMessage;

    /// <summary>S to N: take the lock, open the data, get ready.</summary>
    public sealed record Begin(HandoffId Handoff) : HandoffMessage;

    /// <summary>N to S: the data is open, at these revisions.</summary>
    public sealed record Ready(
        HandoffId Handoff, ImmutableArray<string> ListeningOn, bool HealthzOk, Revisions AdvertisedRevisions)
        : HandoffMessage;

    /// <summary>S to O (end) and to N (accept connections).</summary>
    public sealed record Commit(HandoffId Handoff) : HandoffMessage;

    /// <summary>S to O, N: it will not happen.</summary>
    public sealed record Abort(HandoffId Handoff, string Reason) : HandoffMessage;

    /// <summary>S to O: serve again.</summary>
    public sealed record ResumeAfterAbort(HandoffId Handoff) : HandoffMessage;

    /// <summary>Any to any: alive.</summary>
    /// <param name="TimestampMs">The sender's clock, for people who read traces.</param>
    public sealed record Heartbeat(ulong TimestampMs) : HandoffMessage;
}
