using System.Globalization;
using Holdfast.Contracts;
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
                    .Select(shard => new TroubledShard(shard.Shard, shard.Failures, shard.Trouble!)),
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
        Stranded = cluster.Figures?.Stranded,
        Sweeps = cluster.Figures?.Passes,
        CleanShards = cluster.CleanShards is { } clean
            ? string.Create(CultureInfo.InvariantCulture, $"{clean} of {view.Shards.Length}")
            : null,
    };
}

/// <summary><c>GET /v1/clusters</c> and <c>GET /snapshot</c>.</summary>
internal sealed record ClustersAnswer
{
    public required string Cluster { get; init; }

    public required string Sequence { get; init; }

    public required bool Holds { get; init; }

    public string? Token { get; init; }

    public ulong? AppliedIndex { get; init; }

    public string? LayoutProblem { get; init; }

    public string? DirectoryProblem { get; init; }

    public required long RefusedCalls { get; init; }

    public required IReadOnlyList<WatchedCluster> Clusters { get; init; }

    public required IReadOnlyList<TroubledShard> TroubledShards { get; init; }
}

/// <summary>A watched cluster.</summary>
internal sealed record WatchedCluster
{
    public required string Cluster { get; init; }

    public required string Subject { get; init; }

    public required string Sequence { get; init; }

    public required string Phase { get; init; }

    public required IReadOnlyList<string> FencedNodes { get; init; }

    public string? FenceToken { get; init; }

    public TimeSpan? Grace { get; init; }

    public string? Refused { get; init; }

    public long? Promoted { get; init; }

    public long? Lost { get; init; }

    public long? Failed { get; init; }

    public long? Stranded { get; init; }

    public int? Sweeps { get; init; }

    public string? CleanShards { get; init; }
}

/// <summary>A shard whose last call failed.</summary>
internal sealed record TroubledShard(int Shard, int Failures, string Trouble);
