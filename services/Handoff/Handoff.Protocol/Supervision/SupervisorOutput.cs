using System.Collections.Immutable;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>
/// What the shell must do now, in this order. The journal, where there is one, is written beside it; what must wait for
/// it comes after <see cref="SupervisorInput.Stored"/>.
/// </summary>
public sealed record SupervisorOutput
{
    public ImmutableArray<SupervisorEffect> Effects { get; init; } = [];

    /// <summary>To be made durable; answered with Stored or StoreFailed before another is asked for.</summary>
    public DaemonJournal? Store { get; init; }

    /// <summary>The answer to a request; only to one.</summary>
    public RequestAnswer? Answer { get; init; }
}

/// <summary>The answer to somebody who wants a handoff or an abort.</summary>
/// <param name="Code">Null where it is accepted, else a stable word.</param>
/// <param name="Detail">In words.</param>
/// <param name="Handoff">The handoff that is meant.</param>
public sealed record RequestAnswer(string? Code, string Detail, HandoffId? Handoff);

/// <summary>One thing to do.</summary>
public abstract record SupervisorEffect
{
    private SupervisorEffect()
    {
    }

    /// <summary>Start a process; answered with Spawned or SpawnFailed.</summary>
    public sealed record Spawn(Peer Role, BuildName Build) : SupervisorEffect;

    /// <summary>Ask a process to end, or end it.</summary>
    public sealed record End(DaemonProcess Process, bool Kill) : SupervisorEffect;

    /// <summary>Open the link to the incumbent; it says Hello, or the link is lost.</summary>
    public sealed record Connect : SupervisorEffect;

    /// <summary>Say something on a link.</summary>
    public sealed record Send(Peer To, HandoffMessage Message) : SupervisorEffect;

    /// <summary>Close a link, without a word.</summary>
    public sealed record Close(Peer Link) : SupervisorEffect;

    /// <summary>Ask who serves the control path; answered with Probed.</summary>
    public sealed record Probe : SupervisorEffect;

    /// <summary>Tell the agent that the daemon may be silent for so long; answered with SilencePlanned.</summary>
    public sealed record PlanSilence(TimeSpan For) : SupervisorEffect;

    /// <summary>Tell the agent that the planned silence is over.</summary>
    public sealed record EndSilence : SupervisorEffect;

    /// <summary>Tell the agent which process the daemon is.</summary>
    public sealed record Watch(DaemonProcess Process) : SupervisorEffect;

    /// <summary>Tell the agent that the daemon ends in order; answered with Forgotten.</summary>
    public sealed record Forget : SupervisorEffect;

    /// <summary>Raise the daemon's epoch; answered with EpochRaised or EpochFailed of the same number.</summary>
    public sealed record RaiseEpoch(int Question) : SupervisorEffect;

    /// <summary>Tell the world how far a handoff is.</summary>
    public sealed record Announce(HandoffNotice Notice) : SupervisorEffect;

    /// <summary>Tell the log.</summary>
    public sealed record Note(string What) : SupervisorEffect;
}

/// <summary>What a handoff came to.</summary>
public enum HandoffOutcome
{
    /// <summary>It goes on.</summary>
    Running,

    /// <summary>The successor serves.</summary>
    Committed,

    /// <summary>The incumbent serves as before, or the daemon was started again.</summary>
    Aborted,
}

/// <summary>A handoff as it is announced: on every step, at its start and at its end.</summary>
/// <param name="Course">How far it is.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="IsEvent">Whether the bus is told too, or only who asks.</param>
public sealed record HandoffNotice(HandoffCourse Course, HandoffOutcome Outcome, bool IsEvent);
