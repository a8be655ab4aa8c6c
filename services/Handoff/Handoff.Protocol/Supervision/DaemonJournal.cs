using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Supervision;

/// <summary>
/// What a supervisor must know again after its own death: who serves, which build to start, and how far a handoff was.
/// Written before the step it names is acted on.
/// </summary>
public sealed record DaemonJournal
{
    /// <summary>The build to start when nobody runs.</summary>
    public required BuildName Build { get; init; }

    /// <summary>The process that served last.</summary>
    public DaemonProcess? Process { get; init; }

    /// <summary>The handoff under way.</summary>
    public HandoffRecord? Handoff { get; init; }

    /// <summary>
    /// The same with a process that serves and was not recorded, while nobody of the journal lives. A handoff that was
    /// committed is over then: this process is its successor's, started again, and never the incumbent to be ended.
    /// </summary>
    public DaemonJournal Adopt(DaemonProcess found) => this with
    {
        Build = Handoff?.Step == HandoffStep.Committed ? found.Build : Build,
        Process = found,
        Handoff = Handoff?.Step == HandoffStep.Committed ? null : Handoff,
    };
}

/// <summary>A handoff in the journal.</summary>
/// <param name="Id">Which.</param>
/// <param name="Step">What is about to be done or was done last.</param>
/// <param name="Successor">The process that takes over.</param>
/// <param name="Seal">The revisions at which the data was sealed, once it was.</param>
/// <param name="Fingerprint">What the data was then.</param>
/// <param name="EpochTouched">Whether the epoch may have been raised for the successor.</param>
/// <param name="Reason">Why it is aborted.</param>
public sealed record HandoffRecord(
    HandoffId Id,
    HandoffStep Step,
    DaemonProcess? Successor,
    Revisions? Seal,
    DataFingerprint? Fingerprint,
    bool EpochTouched,
    string? Reason);
