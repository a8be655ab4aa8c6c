using Holdfast.Cli.Calls;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Status;

/// <summary>From what was asked to one report.</summary>
internal static class StatusReading
{
    public static StatusReport Of(Findings findings, DirectoryPart? directory)
    {
        GossipSnapshot[] agents = [.. findings.Agents.Select(asked => asked.Answer.Value).OfType<GossipSnapshot>()];
        ClustersAnswer[] failovers =
            [.. findings.Failovers.Select(asked => asked.Answer.Value).OfType<ClustersAnswer>()];
        var members = MemberRows.Of(agents, findings.Snapshot);
        var report = new StatusReport
        {
            At = findings.At,
            Attention = [],
            Consensus = VoterRows.Of(findings.Voters),
            Members = members,
            Clusters = ClusterRows.Of(members, failovers, findings.Snapshot),
            Pauses = ClusterRows.PausesOf(findings.Snapshot),
            Directory = WithTrouble(directory, failovers),
            Groups = GroupsOf(findings),
            Daemons = DaemonsOf(findings),
            Services = ServiceRows.Of(findings),
        };
        return report with { Attention = AttentionList.Of(report, findings) };
    }

    private static DirectoryPart? WithTrouble(DirectoryPart? part, ClustersAnswer[] failovers)
    {
        if (part is null && failovers.Length == 0) return null;
        return (part ?? new DirectoryPart()) with
        {
            Troubled =
            [
                .. from failover in failovers
                   from shard in failover.TroubledShards
                   select new TroubledShardRow(failover.Cluster, shard.Shard, shard.Failures, shard.Trouble),
            ],
        };
    }

    /// <summary>Each group once: as the Recovery sees it that places its slots, else whoever knows it.</summary>
    private static List<GroupRow> GroupsOf(Findings findings) =>
    [
        .. from recovery in findings.Recoveries.Select(asked => asked.Answer.Value).OfType<GroupsAnswer>()
           from known in recovery.Groups
           group (recovery, known) by known.Group into views
           orderby views.Key
           select views.OrderByDescending(view => view.known.PlacedHere && view.recovery.Acts)
               .ThenByDescending(view => view.recovery.Acts).First() into view
           select new GroupRow(
               view.known.Group,
               view.known.Home,
               view.known.Slots,
               view.known.Running,
               view.known.Stuck,
               view.known.Trouble,
               view.recovery.Cluster),
    ];

    private static List<DaemonRow> DaemonsOf(Findings findings) =>
    [
        .. from supervisor in findings.Supervisors.Select(asked => asked.Answer.Value).OfType<HandoffSnapshot>()
           from daemon in supervisor.Daemons
           select new DaemonRow(
               supervisor.Node, daemon.Name, daemon.State, daemon.Build, daemon.Pid, daemon.Handoff?.Step),
    ];
}
