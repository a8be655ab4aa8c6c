using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>What the supervisor of one daemon is told.</summary>
public abstract record SupervisorInput
{
    private SupervisorInput()
    {
    }

    /// <summary>The first input of all: what the journal says, and which of its processes live.</summary>
    public sealed record Begin(DaemonJournal Journal, bool ProcessLives, bool SuccessorLives) : SupervisorInput;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : SupervisorInput;

    /// <summary>A process that was asked for runs.</summary>
    public sealed record Spawned(Peer Role, DaemonProcess Process) : SupervisorInput;

    /// <summary>A process that was asked for could not be started.</summary>
    public sealed record SpawnFailed(Peer Role, string Reason) : SupervisorInput;

    /// <summary>A process ended.</summary>
    public sealed record Exited(DaemonProcess Process, int? ExitCode) : SupervisorInput;

    /// <summary>A peer said something.</summary>
    public sealed record Heard(Peer From, HandoffMessage Message) : SupervisorInput;

    /// <summary>A peer cannot be reached, has ended the stream, or speaks nonsense.</summary>
    public sealed record LinkLost(Peer From, string Reason) : SupervisorInput;

    /// <summary>Somebody wants the daemon handed to a build.</summary>
    public sealed record HandoffWanted(HandoffId Id, BuildName Build) : SupervisorInput;

    /// <summary>Somebody wants the handoff under way aborted.</summary>
    public sealed record AbortWanted(string Reason) : SupervisorInput;

    /// <summary>The journal that was asked for is on disk.</summary>
    public sealed record Stored : SupervisorInput;

    /// <summary>It is not.</summary>
    public sealed record StoreFailed(string Reason) : SupervisorInput;

    /// <summary>The node's agent knows of the planned silence, or could not be told in time.</summary>
    public sealed record SilencePlanned(bool IsKnown) : SupervisorInput;

    /// <summary>The node's agent has forgotten the daemon, or could not be told in time.</summary>
    public sealed record Forgotten : SupervisorInput;

    /// <summary>The daemon's grain has this epoch, and the process that starts or resumes can read it.</summary>
    /// <param name="Question">What it answers.</param>
    /// <param name="Epoch">The new epoch.</param>
    public sealed record EpochRaised(int Question, Epoch Epoch) : SupervisorInput;

    /// <summary>The epoch was not raised, or nobody knows whether it was.</summary>
    /// <param name="Question">What it answers.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="HasOld">Whether there is an epoch of an earlier life to go on with.</param>
    public sealed record EpochFailed(int Question, string Reason, bool HasOld) : SupervisorInput;

    /// <summary>Who answered on the control path; null for nobody.</summary>
    public sealed record Probed(int? Pid) : SupervisorInput;

    /// <summary>The supervisor ends, and its daemon with it.</summary>
    public sealed record Stop : SupervisorInput;
}
