using System.Text.Json;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Status;

/// <summary>The clusters: their nodes, who holds what for them, and how far a failover of them has come.</summary>
internal static class ClusterRows
{
    private const string PausePrefix = "pause/failover";

    // How far each phase is; a Failover that is further has done something.
    private static readonly string[] Phases = ["monitoring", "primaryUnreachable", "promoted", "promoting"];

    public static IReadOnlyList<ClusterRow> Of(
        IReadOnlyList<MemberRow> members, IReadOnlyList<ClustersAnswer> failovers, ConsensusSnapshot? consensus)
    {
        var names = members.Select(member => member.Cluster)
            .Concat(failovers.Select(failover => failover.Cluster))
            .Concat(failovers.SelectMany(failover => failover.Clusters.Select(watched => watched.Cluster)))
            .Where(name => name.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        return [.. names.Select(name => Of(name, members, failovers, consensus))];
    }

    /// <summary>The view of a cluster that has come the furthest; only a holder's counts while there is one.</summary>
    public static (ClustersAnswer By, WatchedCluster Cluster)? Furthest(
        IReadOnlyList<ClustersAnswer> failovers, string cluster)
    {
        var views =
            (from failover in failovers
             from watched in failover.Clusters
             where watched.Cluster == cluster
             orderby failover.Holds descending, Array.IndexOf(Phases, watched.Phase) descending
             select (failover, watched)).ToList();
        return views.Count > 0 ? views[0] : null;
    }

    /// <summary>Pauses that hold. One that cannot be read holds: somebody wanted it.</summary>
    public static IReadOnlyList<PauseRow> PausesOf(ConsensusSnapshot? consensus) =>
    [
        .. (consensus?.Definitions ?? [])
            .Where(definition => definition.Key == PausePrefix ||
                definition.Key.StartsWith(PausePrefix + "/", StringComparison.Ordinal))
            .Select(definition => Pause(
                definition.Key.Length > PausePrefix.Length ? definition.Key[(PausePrefix.Length + 1)..] : null,
                definition.Value))
            .OfType<PauseRow>(),
    ];

    /// <summary>Null while it is reachable, and where the fence is not known.</summary>
    public static DateTime? GraceOverAt(WatchedCluster watched, ConsensusSnapshot? consensus) =>
        watched.FenceToken is { } token
            ? consensus?.Nodes.FirstOrDefault(node => node.Fence?.Token == token)?.Fence?.FencedAt + watched.Grace
            : null;

    private static ClusterRow Of(
        string name,
        IReadOnlyList<MemberRow> members,
        IReadOnlyList<ClustersAnswer> failovers,
        ConsensusSnapshot? consensus)
    {
        var nodes = members.Where(member => member.Cluster == name).ToList();
        var view = Furthest(failovers, name);
        var row = new ClusterRow
        {
            Cluster = name,
            Nodes = nodes.Count,
            Live = consensus is null ? null : nodes.Count(node => node.HasSession == true),
            Failover = GrantOf(consensus, $"failover/{name}"),
            Recovery = GrantOf(consensus, $"recovery/{name}"),
        };
        if (view is not var (by, watched)) return row;
        return row with
        {
            Phase = watched.Phase,
            By = by.Cluster,
            Refused = watched.Refused,
            Grace = watched.Grace,
            GraceOverAt = GraceOverAt(watched, consensus),
            Promoted = watched.Promoted,
            Lost = watched.Lost,
            Failed = watched.Failed,
            Stranded = watched.Stranded,
            Sweeps = watched.Sweeps,
        };
    }

    private static Grant? GrantOf(ConsensusSnapshot? consensus, string election) =>
        consensus?.Elections.FirstOrDefault(known => known.Election == election) is { Holder: { } holder } held
            ? new Grant(held.Node, holder, held.Token)
            : null;

    private static PauseRow? Pause(string? cluster, string json)
    {
        try
        {
            var text = JsonSerializer.Deserialize<PauseWords>(json, JsonSerializerOptions.Web);
            return text is { Paused: false } ? null : new PauseRow(cluster, text?.Reason, text?.At);
        }
        catch (JsonException)
        {
            return new PauseRow(cluster, null, null);
        }
    }

    private sealed record PauseWords(bool? Paused, string? Reason, DateTime? At);
}
