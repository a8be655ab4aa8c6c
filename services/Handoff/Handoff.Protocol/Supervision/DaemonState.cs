using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>How a daemon is, as its supervisor sees it.</summary>
public abstract record DaemonState
{
    private DaemonState()
    {
    }

    /// <summary>Nothing was begun yet.</summary>
    public sealed record Unborn : DaemonState;

    /// <summary>Nobody runs; a start is due.</summary>
    public sealed record Waiting(BuildName Build, int Failures, Instant StartAt) : DaemonState;

    /// <summary>The epoch of a cold start is being raised.</summary>
    public sealed record Claiming(BuildName Build, int Failures, Instant Since) : DaemonState;

    /// <summary>A cold start is under way.</summary>
    /// <param name="Build">What is started.</param>
    /// <param name="Failures">How many short lives came before.</param>
    /// <param name="IsUnwanted">Whether it is to end as soon as it is there.</param>
    public sealed record Starting(BuildName Build, int Failures, bool IsUnwanted = false) : DaemonState;

    /// <summary>A process serves, or was started to.</summary>
    /// <param name="Process">Which.</param>
    /// <param name="Failures">How many short lives came before.</param>
    /// <param name="Since">When it began.</param>
    /// <param name="IsUp">Whether it was seen to serve: it greets on the control path.</param>
    public sealed record Serving(DaemonProcess Process, int Failures, Instant Since, bool IsUp) : DaemonState;

    /// <summary>A handoff is under way.</summary>
    public sealed record Handing(HandoffCourse Course) : DaemonState;

    /// <summary>A handoff of an earlier life of the supervisor is being brought to its end.</summary>
    /// <param name="Handoff">What the journal says of it.</param>
    /// <param name="Known">The process that was handed over.</param>
    /// <param name="Incumbent">The same while it lives.</param>
    /// <param name="Successor">The other process while it lives.</param>
    /// <param name="Since">When the attempt began.</param>
    public sealed record Recovering(
        HandoffRecord Handoff,
        DaemonProcess Known,
        DaemonProcess? Incumbent,
        DaemonProcess? Successor,
        Instant Since) : DaemonState;

    /// <summary>The daemon is ended: the agent is told, then the process.</summary>
    /// <param name="Process">Who.</param>
    /// <param name="Since">When the agent, then when the process was told.</param>
    /// <param name="IsTold">Whether the process was told.</param>
    /// <param name="IsKilled">Whether it was killed.</param>
    public sealed record Stopping(DaemonProcess Process, Instant Since, bool IsTold, bool IsKilled) : DaemonState;

    /// <summary>It ended, in order.</summary>
    public sealed record Stopped : DaemonState;
}

/// <summary>A handoff under way, from the supervisor's side.</summary>
public sealed record HandoffCourse
{
    public required HandoffId Id { get; init; }

    public required BuildName SuccessorBuild { get; init; }

    public required DaemonProcess Incumbent { get; init; }

    public required HandoffStep Step { get; init; }

    public required Instant StartedAt { get; init; }

    /// <summary>The current step began.</summary>
    public required Instant StepSince { get; init; }

    public DaemonProcess? Successor { get; init; }

    /// <summary>Whether the incumbent still runs.</summary>
    public bool IncumbentLives { get; init; } = true;

    public bool IncumbentLinked { get; init; }

    public bool SuccessorLinked { get; init; }

    /// <summary>The incumbent said something last.</summary>
    public Instant HeardAt { get; init; }

    /// <summary>Prepare was sent: from here on nobody accepts, until Commit or Resume.</summary>
    public Instant? QuietSince { get; init; }

    /// <summary>The successor said something last.</summary>
    public Instant SuccessorHeardAt { get; init; }

    public Instant? ReadyAt { get; init; }

    /// <summary>
    /// Whether the supervisor had no time for so long that the successor may have taken its silence for Commit.
    /// </summary>
    public bool IsStalled { get; init; }

    /// <summary>Why it is to be aborted, while somebody asks whether the successor serves.</summary>
    public string? Doubt { get; init; }

    /// <summary>Whether the successor serves although nobody told it to, so that nothing goes back.</summary>
    public bool ServesAlready { get; init; }

    /// <summary>How long nobody accepted, once that is over.</summary>
    public TimeSpan? Pause { get; init; }

    public Revisions? Seal { get; init; }

    public DataFingerprint? Fingerprint { get; init; }

    /// <summary>Whether the epoch may have been raised for the successor.</summary>
    public bool EpochTouched { get; init; }

    public Epoch? Epoch { get; init; }

    /// <summary>Whether the incumbent is called to be told that it resumes, and to be seen to serve.</summary>
    public bool IsCalling { get; init; }

    /// <summary>Whether it was told, so that its next greeting says that it serves.</summary>
    public bool IsTold { get; init; }

    /// <summary>When it is called again; null while a call is under way.</summary>
    public Instant? CallAgainAt { get; init; }

    /// <summary>Why it is aborted, or what was unusual.</summary>
    public string? Reason { get; init; }

    /// <summary>The step at which the abort began.</summary>
    public HandoffStep? AbortedAt { get; init; }

    /// <summary>
    /// Whether the incumbent was killed: told to end and not gone in time, or told to serve and not seen to.
    /// </summary>
    public bool IsIncumbentKilled { get; init; }

    /// <summary>The last step that was taken, for people and events.</summary>
    public HandoffStep LastStep => AbortedAt ?? Step;

    public HandoffCourse At(HandoffStep step, Instant now) => this with { Step = step, StepSince = now };
}
