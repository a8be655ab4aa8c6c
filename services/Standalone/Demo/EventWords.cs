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
        _ => null,
    };

    private static string Evidence(ObserverEvidence evidence) => string.Create(
        CultureInfo.InvariantCulture, $"{evidence.NodeId} phi {evidence.Phi:0.0}");
}
