using System.Globalization;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Events;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Http;

/// <summary>The state of Failover in the words of the wire.</summary>
internal sealed class FailoverSnapshot(FailoverLoop loop) : ISnapshotSource
{
    public object Snapshot() => Describe();

    public ClustersAnswer Describe()
    {
        var view = loop.View;
        return new ClustersAnswer
        {
            Cluster = view.Cluster.Value,
            Sequence = EventIdentity.Sequence(view.Token.Value, view.Version),
            Holds = view.IsHeld,
            Token = view.IsHeld ? view.Token.ToString() : null,
            AppliedIndex = view.AppliedIndex,
            LayoutProblem = view.LayoutProblem,
            DirectoryProblem = view.DirectoryProblem,
            RefusedCalls = view.Refused,
            Clusters = [.. view.Clusters.Select(cluster => Describe(cluster, view))],
            TroubledShards =
            [
                .. view.Shards.Where(shard => shard.Trouble is not null)
                    .Select(shard => new TroubledShard
                    {
                        Shard = shard.Shard,
                        Failures = shard.Failures,
                        Trouble = shard.Trouble!,
                    }),
            ],
        };
    }

    private static WatchedCluster Describe(ClusterView cluster, FailoverView view) => new()
    {
        Cluster = cluster.Cluster.Value,
        Subject = $"failover/{view.Cluster}/{cluster.Cluster}",

        // That of the last event about it. Before the first: above all of earlier holders, below all of this one.
        Sequence = cluster.LastNotice is { } last
            ? NoticeEvents.SequenceOf(last)
            : EventIdentity.Sequence(view.Token.Value, 0),
        Phase = NoticeEvents.PhaseWord(cluster.Phase),
        FencedNodes = [.. (cluster.Incident?.Fenced ?? []).Select(node => node.Node.Value)],
        FenceToken = cluster.Incident?.Decisive.Token.ToString(),
        Grace = cluster.Incident?.Grace,
        Refused = cluster.Refused is { } reason ? NoticeEvents.Word(reason) : null,
        Promoted = cluster.Figures?.Promoted,
        Lost = cluster.Figures?.Lost,
        Failed = cluster.Figures?.Failed,
        Stranded = cluster.Stranded,
        Sweeps = cluster.Figures?.Passes,
        CleanShards = cluster.CleanShards is { } clean
            ? string.Create(CultureInfo.InvariantCulture, $"{clean} of {view.Shards.Length}")
            : null,
    };
}
