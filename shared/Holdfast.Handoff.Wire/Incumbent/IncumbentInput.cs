namespace Holdfast.Handoff.Wire;

/// <summary>
/// What happens to an incumbent. Those with a session come from outside; the others are its own shell's, each the end
/// of what an <see cref="IncumbentOutput"/> asked for.
/// </summary>
public abstract record IncumbentInput
{
    private IncumbentInput()
    {
    }

    /// <summary>Somebody connected to the control path; the shell numbers them.</summary>
    public sealed record Connected(int Session) : IncumbentInput;

    /// <summary>A frame came.</summary>
    public sealed record Heard(int Session, HandoffFrame Frame) : IncumbentInput;

    /// <summary>Bytes came that are no frame.</summary>
    public sealed record Garbled(int Session, FrameStatus Status) : IncumbentInput;

    /// <summary>The stream ended.</summary>
    public sealed record Disconnected(int Session) : IncumbentInput;

    /// <summary>The draining is over.</summary>
    public sealed record Drained(uint OpenConnectionsRemaining, bool AcceptClosed) : IncumbentInput;

    /// <summary>The draining failed; what was closed may be closed still.</summary>
    public sealed record DrainFailed(string Error) : IncumbentInput;

    /// <summary>The sealing goes on.</summary>
    public sealed record SealProgressed(uint ShardsSealed, uint ShardsTotal, ulong LastRevision) : IncumbentInput;

    /// <summary>Everything is on the disk, and nothing is written any more. The lock is still held.</summary>
    public sealed record Sealed(Revisions LastRevisions, DataFingerprint Fingerprint) : IncumbentInput;

    /// <summary>The sealing failed. The lock is still held.</summary>
    public sealed record SealFailed(string Error, string PartialState) : IncumbentInput;

    /// <summary>The lock is ours again.</summary>
    public sealed record LockTaken : IncumbentInput;

    /// <summary>The lock is another's.</summary>
    public sealed record LockRefused : IncumbentInput;

    /// <summary>The fence was read or raised, and the shell knows the epoch.</summary>
    public sealed record FenceKnown(int Ask) : IncumbentInput;

    /// <summary>The fence could not be reached.</summary>
    public sealed record FenceUnreachable(int Ask, string Error) : IncumbentInput;

    /// <summary>Data and connections serve again.</summary>
    public sealed record Resumed : IncumbentInput;

    /// <summary>They do not.</summary>
    public sealed record ResumeFailed(string Error) : IncumbentInput;

    /// <summary>Another process answers on the control path.</summary>
    public sealed record Replaced(uint Pid) : IncumbentInput;

    /// <summary>Time passed.</summary>
    public sealed record Tick : IncumbentInput;
}
