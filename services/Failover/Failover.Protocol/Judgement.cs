using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>What one observation means for each cluster, and what this Failover may do about it.</summary>
internal sealed class Judgement(ClusterId self, bool isHolder, Observation world, FailoverOptions options)
{
    private readonly ImmutableSortedDictionary<ClusterId, Incident> _incidents = world.Nodes
        .Select(node => node.Cluster)
        .Distinct()
        .Select(cluster => Incident.Judge(cluster, world.Nodes, options))
        .OfType<Incident>()
        .ToImmutableSortedDictionary(incident => incident.Cluster, incident => incident);

    /// <summary>The clusters to watch: never the own one, for nobody inherits from itself.</summary>
    public IEnumerable<ClusterId> Watched => world.Nodes
        .Select(node => node.Cluster)
        .Distinct()
        .Where(cluster => cluster != self)
        .Where(cluster => options.Watched.Count == 0 || options.Watched.Contains(cluster.Value));

    public ClusterInput Of(ClusterId cluster) => _incidents.TryGetValue(cluster, out var incident)
        ? new ClusterInput.Unreachable(incident, Stand(incident), world.AskedAt, world.Horizon)
        : new ClusterInput.Reachable();

    private Standing Stand(Incident incident)
    {
        if (!isHolder) return new Standing.Bystander();
        if (Takeover.Heir(incident, world, [.. _incidents.Keys]) is not { } heir)
        {
            return new Standing.Refused(
                RefusalReason.NoLiveCluster,
                $"No cluster but {incident.Cluster} is live and has a Failover that holds its election.");
        }

        if (heir != self) return new Standing.Bystander();
        if (world.LayoutProblem is { } problem) return new Standing.Refused(RefusalReason.UnsafeVoterLayout, problem);
        return world.IsPaused(incident.Cluster)
            ? new Standing.Refused(RefusalReason.Paused, $"Failover of {incident.Cluster} is paused; resume it.")
            : new Standing.Acting();
    }
}
