using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Explain;

/// <summary>Who owns a grain, and whether they live.</summary>
internal static class OwnerReading
{
    public const string Live = "live";
    public const string Revoked = "revoked";

    public static OwnerPart? Of(Evidence evidence)
    {
        if (evidence.Record is not { Released: false } record) return null;
        var session = evidence.Consensus?.Sessions.FirstOrDefault(known => known.Session == record.Holder);
        var member = evidence.Members.FirstOrDefault(known => known.Node == session?.Node);
        return new OwnerPart
        {
            Cluster = record.Cluster,
            Session = record.Holder,
            SessionState = StateOf(record, session, evidence.Consensus),
            SessionName = session?.Name,
            Node = session?.Node,
            NodeState = member?.State,
            Fence = member?.Fence,
            Alive = evidence.Consensus is null || record.Holder is null ? null : session?.State == Live,
            SessionsInCluster = evidence.Consensus?.Sessions
                .Count(known => known.Cluster == record.Cluster && known is { State: Live, Agent: false }),
        };
    }

    // A snapshot holds every session that has not ended.
    private static string? StateOf(GrainOwnerAnswer record, SessionAnswer? session, ConsensusSnapshot? consensus) =>
        record.Holder is null || consensus is null ? null : session?.State ?? "ended";
}
