using System.Globalization;
using Holdfast.Contracts;

namespace Holdfast.Standalone.Demo;

/// <summary>Events in words.</summary>
internal static class EventWords
{
    /// <summary>A line for people; null for what would only be noise.</summary>
    public static string? Of(IEvent message) => message switch
    {
        PeerSuspected suspected => string.Create(
            CultureInfo.InvariantCulture,
            $"{suspected.Observer} suspects {suspected.NodeId}: phi {suspected.Phi:0.0} over ") +
            string.Create(
                CultureInfo.InvariantCulture,
                $"{suspected.PhiThreshold:0.0}, silent for {suspected.SilentForMs:n0} ms"),
        PeerDown down =>
            $"{down.NodeId} is down: {down.Observers.Count} observers agree, {down.ObserversWanted} were wanted " +
            $"({string.Join(", ", down.Observers.Select(Evidence))})",
        PeerFenced fenced =>
            $"{fenced.NodeId} is fenced (cause {fenced.Cause}): {fenced.RevokedSessions} sessions revoked, token " +
            fenced.Token,
        LinkDegraded link => $"the link is sick, not the node: {link.Subject}",
        LeaderElected elected when elected.Election != "consensus" =>
            $"{elected.Election} is now held by {elected.NodeId ?? elected.Holder} ({elected.Cause})",
        LeaderLost lost when lost.Election != "consensus" => $"{lost.Election} lost its holder ({lost.Cause})",
        FailoverStarted started =>
            $"{started.ByCluster} takes over from {started.FailedCluster}: phase {started.Phase}, grace " +
            $"{started.GraceMs} ms",
        FailoverCancelled cancelled =>
            $"{cancelled.ByCluster} stops taking over {cancelled.FailedCluster}: {cancelled.Reason}",
        FailoverRefused refused =>
            $"{refused.ByCluster} refuses to take over {refused.FailedCluster}: {refused.Detail}",
        FailoverCompleted completed =>
            $"{completed.ByCluster} has taken over {completed.FailedCluster}: {completed.Promoted} promoted, " +
            $"{completed.Lost} lost to others, {completed.Failed} failed, {completed.Stranded} stranded, " +
            $"{completed.Sweeps} sweeps",
        SlotUnhealthy lost => $"slot {lost.Slot} of {lost.Group} was lost with {lost.OldNode}: {lost.Reason}",
        // The first placements are told as a proof.
        SlotPlaced { OldNode: null } or SlotRecovered { OldNode: null } => null,
        SlotPlaced placed =>
            $"slot {placed.Slot} of {placed.Group} goes to {placed.NewNode}, under epoch {placed.Epoch}",
        SlotRecovered recovered => $"slot {recovered.Slot} of {recovered.Group} runs on {recovered.NewNode}",
        SlotUnrecoverable stuck => $"slot {stuck.Slot} of {stuck.Group} finds no place: {stuck.Reason}",
        HandoffStarted started =>
            $"{started.Daemon} on {started.NodeId} goes from build {started.IncumbentBuild} (pid " +
            $"{started.IncumbentPid}) to build {started.SuccessorBuild}",
        HandoffCommitted committed =>
            $"{committed.Daemon} is build {committed.SuccessorBuild} (pid {committed.SuccessorPid}) from now on; " +
            $"nobody accepted for {committed.PauseMs} ms",
        HandoffAborted aborted =>
            $"{aborted.Daemon} stays build {aborted.IncumbentBuild} (pid {aborted.IncumbentPid}), aborted at " +
            $"{aborted.Step}: {aborted.Reason}",
        WorkloadDown down => $"{down.Workload} (pid {down.Pid}) on {down.NodeId} has ended, unannounced",
        _ => null,
    };

    private static string Evidence(ObserverEvidence evidence) => string.Create(
        CultureInfo.InvariantCulture, $"{evidence.NodeId} phi {evidence.Phi:0.0}");
}
