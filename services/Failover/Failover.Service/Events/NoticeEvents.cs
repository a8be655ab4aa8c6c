using Holdfast.Contracts;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Events;

/// <summary>From the machine's notices to the records of the wire.</summary>
internal static class NoticeEvents
{
    public static IEvent Of(Notice notice, ClusterId by, DateTime utcNow) => notice switch
    {
        Notice.Started started => Started(started, by, utcNow),
        Notice.Completed completed => Completed(completed, by, utcNow),
        Notice.Cancelled cancelled => Cancelled(cancelled, by, utcNow),
        Notice.Forced forced => Forced(forced, by, utcNow),
        Notice.Refused refused => Refused(refused, by, utcNow),
        _ => throw new InvariantViolatedException(notice.ToString()),
    };

    public static string Word(CancelReason reason) => reason switch
    {
        CancelReason.PeerAlive => "peerAlive",
        CancelReason.ElectionLost => "electionLost",
        _ => "paused",
    };

    public static string Word(RefusalReason reason) => reason switch
    {
        RefusalReason.UnsafeVoterLayout => "unsafeVoterLayout",
        RefusalReason.Paused => "paused",
        RefusalReason.NoAllowedCluster => "noAllowedCluster",
        RefusalReason.Braked => "braked",
        RefusalReason.NoQuorum => "noQuorum",
        RefusalReason.NobodyKnown => "nobodyKnown",
        RefusalReason.WrongShards => "wrongShards",
        _ => "noLiveCluster",
    };

    /// <summary>The phase as the wire names it.</summary>
    public static string PhaseWord(string phase) => char.ToLowerInvariant(phase[0]) + phase[1..];

    /// <summary>Orders what is said about a cluster: the later the higher.</summary>
    public static string SequenceOf(Notice notice) => EventIdentity.Sequence(notice.Token.Value, notice.Counter);

    private static FailoverStarted Started(Notice.Started notice, ClusterId by, DateTime utcNow) => new()
    {
        EventId = EventIdentity.IdOf<FailoverStarted>(SubjectOf(notice, by), SequenceOf(notice)),
        OccurredAt = utcNow,
        Source = SourceOf(by),
        Subject = SubjectOf(notice, by),
        Sequence = SequenceOf(notice),
        ByCluster = by.Value,
        FailedCluster = notice.Cluster.Value,
        Token = notice.Token.ToString(),
        Phase = "promoting",
        FencedNodes = [.. notice.Incident.Fenced.Select(node => node.Node.Value)],
        GraceMs = (long)notice.Incident.Grace.TotalMilliseconds,
    };

    private static FailoverCompleted Completed(Notice.Completed notice, ClusterId by, DateTime utcNow) => new()
    {
        EventId = EventIdentity.IdOf<FailoverCompleted>(SubjectOf(notice, by), SequenceOf(notice)),
        OccurredAt = utcNow,
        Source = SourceOf(by),
        Subject = SubjectOf(notice, by),
        Sequence = SequenceOf(notice),
        ByCluster = by.Value,
        FailedCluster = notice.Cluster.Value,
        Token = notice.Token.ToString(),
        Phase = "promoted",
        Promoted = notice.Figures.Promoted,
        Lost = notice.Figures.Lost,
        Failed = notice.Figures.Failed,
        Stranded = notice.Figures.Stranded,
        Sweeps = notice.Figures.Passes,
        DurationMs = (long)notice.SinceFence.TotalMilliseconds,
    };

    private static FailoverCancelled Cancelled(Notice.Cancelled notice, ClusterId by, DateTime utcNow) => new()
    {
        EventId = EventIdentity.IdOf<FailoverCancelled>(SubjectOf(notice, by), SequenceOf(notice)),
        OccurredAt = utcNow,
        Source = SourceOf(by),
        Subject = SubjectOf(notice, by),
        Sequence = SequenceOf(notice),
        ByCluster = by.Value,
        FailedCluster = notice.Cluster.Value,
        Token = notice.Token.ToString(),
        Phase = notice.Reason == CancelReason.PeerAlive ? "monitoring" : "primaryUnreachable",
        Promoted = notice.Figures.Promoted,
        Lost = notice.Figures.Lost,
        Failed = notice.Figures.Failed,
        Stranded = notice.Figures.Stranded,
        Reason = Word(notice.Reason),
    };

    private static FailoverRefused Refused(Notice.Refused notice, ClusterId by, DateTime utcNow) => new()
    {
        EventId = EventIdentity.IdOf<FailoverRefused>(SubjectOf(notice, by), SequenceOf(notice)),
        OccurredAt = utcNow,
        Source = SourceOf(by),
        Subject = SubjectOf(notice, by),
        Sequence = SequenceOf(notice),
        ByCluster = by.Value,
        FailedCluster = notice.Cluster.Value,
        Token = notice.Token.ToString(),
        Phase = PhaseWord(notice.Phase),
        Reason = Word(notice.Reason),
        Detail = notice.Detail,
    };

    private static FailoverForced Forced(Notice.Forced notice, ClusterId by, DateTime utcNow) => new()
    {
        EventId = EventIdentity.IdOf<FailoverForced>(SubjectOf(notice, by), SequenceOf(notice)),
        OccurredAt = utcNow,
        Source = SourceOf(by),
        Subject = SubjectOf(notice, by),
        Sequence = SequenceOf(notice),
        ByCluster = by.Value,
        FailedCluster = notice.Cluster.Value,
        Token = notice.Token.ToString(),
        OrderToken = notice.Order.Token.ToString(),
        Operator = notice.Order.Operator,
        Reason = notice.Order.Reason,
    };

    private static string SourceOf(ClusterId by) => $"failover/{by}";

    private static string SubjectOf(Notice notice, ClusterId by) => $"failover/{by}/{notice.Cluster}";
}
