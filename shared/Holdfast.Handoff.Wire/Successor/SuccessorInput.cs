using System.Collections.Immutable;

namespace Holdfast.Handoff.Wire;

/// <summary>What happens to a successor.</summary>
public abstract record SuccessorInput
{
    private SuccessorInput()
    {
    }

    /// <summary>The shell begins.</summary>
    public sealed record Started : SuccessorInput;

    /// <summary>A frame came.</summary>
    public sealed record Heard(HandoffFrame Frame) : SuccessorInput;

    /// <summary>Bytes came that are no frame.</summary>
    public sealed record Garbled(FrameStatus Status) : SuccessorInput;

    /// <summary>The stream ended, in either direction.</summary>
    public sealed record Disconnected : SuccessorInput;

    /// <summary>The lock is ours.</summary>
    public sealed record LockTaken : SuccessorInput;

    /// <summary>The lock is another's.</summary>
    public sealed record LockRefused : SuccessorInput;

    /// <summary>The data is open under the newest epoch, and the process could serve.</summary>
    public sealed record Opened(ImmutableArray<string> ListeningOn, bool IsHealthy, Revisions Revisions)
        : SuccessorInput;

    /// <summary>The data is not open.</summary>
    public sealed record OpenFailed(string Error) : SuccessorInput;

    /// <summary>Time passed.</summary>
    public sealed record Tick : SuccessorInput;
}
