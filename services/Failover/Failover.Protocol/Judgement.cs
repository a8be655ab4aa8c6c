using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>What one observation means for each cluster, and what this Failover may do about it.</summary>
internal sealed class Judgement(
    ClusterId self,
    bool isHolder,
    Observation world,
    FailoverOptions options,
    Func<ClusterId, bool> isStuck,
    ImmutableArray<ClusterId> owners)
{
    private readonly ImmutableSortedDictionary<ClusterId, Incident> _incidents = world.Nodes
        .Select(node => node.Cluster)
        .Distinct()
        .Select(cluster => Incident.Judge(cluster, world.Nodes, options))
        .OfType<Incident>()
        .Concat(world.Forced.Select(order => Incident.Of(order, world)).OfType<Incident>())
        .ToImmutableSortedDictionary(incident => incident.Cluster, incident => incident);

    /// <summary>
    /// The clusters to watch: those that Consensus knows, and those that own a grain though it does not. Never the own
    /// one, for nobody inherits from itself.
    /// </summary>
    public IEnumerable<ClusterId> Watched => Known
        .Where(cluster => cluster != self)
        .Where(cluster => options.Watched.Count == 0 || options.Watched.Contains(cluster.Value));

    /// <summary>All clusters, also those that are not to be watched.</summary>
    public IEnumerable<ClusterId> Known =>
        world.Nodes.Select(node => node.Cluster).Concat(_incidents.Keys).Concat(owners).Distinct();

    /// <summary>Why nothing can be done on the directory; null when it can.</summary>
    public string? DirectoryProblem { get; init; }

    public ClusterInput Of(ClusterId cluster) => _incidents.TryGetValue(cluster, out var incident)
        ? new ClusterInput.Unreachable(incident, Stand(incident), world.AskedAt, world.Horizon)
        : new ClusterInput.Reachable(IsOursToSay(cluster) ? NobodyKnownOf(cluster) : null);

    /// <summary>Who would take over from a cluster, were it unreachable as all are that are.</summary>
    public Takeover TakeoverOf(ClusterId cluster) => Takeover.From(
        cluster,
        _incidents.TryGetValue(cluster, out var incident) ? incident.Decisive.LiveClusters : [],
        world,
        [.. _incidents.Keys]);

    /// <summary>
    /// Whether a cluster owns grains, and neither a session lives in it nor a node of it is known. Silence alone takes
    /// nothing from anybody, and there is nothing to fence: it is shown, until an operator orders what is to be done.
    /// </summary>
    public static bool IsNobodyKnown(ClusterId cluster, Observation world, ImmutableArray<ClusterId> owners) =>
        owners.Contains(cluster) && world.IsDeserted(cluster);

    /// <summary>What this Failover may do about a cluster that is unreachable, or was.</summary>
    public Standing StandOn(ClusterId cluster)
    {
        if (_incidents.TryGetValue(cluster, out var incident)) return Stand(incident);
        if (NobodyKnownOf(cluster) is { } refusal) return refusal;
        return isHolder ? StandAsUsual(cluster) : new Standing.Bystander();
    }

    private Standing.Refused? NobodyKnownOf(ClusterId cluster) => IsNobodyKnown(cluster, world, owners)
        ? new Standing.Refused(
            RefusalReason.NobodyKnown,
            $"{cluster} owns grains, and Consensus knows no node of it that could be fenced, and no session. " +
            "Where it is known to be gone for good, force it.")
        : null;

    // Every Failover sees it; who would take over tells it.
    private bool IsOursToSay(ClusterId cluster) =>
        isHolder && IsNobodyKnown(cluster, world, owners) && (TakeoverOf(cluster).Heir ?? self) == self;

    private Standing Stand(Incident incident)
    {
        if (!isHolder) return new Standing.Bystander();
        if (world.Forced.FirstOrDefault(order => order.IsAbout(incident)) is not { } forced)
            return StandAsUsual(incident.Cluster);

        // The operator has chosen, also where it was another; one that cannot act does not keep others from it.
        if (forced.To == self)
        {
            return WrongShards() is { } wrong
                ? wrong
                : new Standing.Acting(TypePart.AllowedIn(self, world.GrainTypes), [], forced);
        }

        // Where nothing but the order says that the cluster is gone, it is nobody else's.
        if (incident.Fenced.IsEmpty) return new Standing.Bystander();
        return world.Holders.Contains(forced.To) && !_incidents.ContainsKey(forced.To)
            ? new Standing.Bystander()
            : StandAsUsual(incident.Cluster);
    }

    private Standing.Refused? WrongShards() =>
        DirectoryProblem is { } problem ? new Standing.Refused(RefusalReason.WrongShards, problem) : null;

    private Standing StandAsUsual(ClusterId failed)
    {
        var takeover = TakeoverOf(failed);
        if (takeover.Heir is null)
        {
            return new Standing.Refused(
                RefusalReason.NoLiveCluster,
                $"No cluster but {failed} is live and has a Failover that holds its election.");
        }

        // Who was to take over gets nowhere: whoever is allowed takes the rest.
        var part = isStuck(failed) ? TypePart.AllowedIn(self, world.GrainTypes) : takeover.PartOf(self);
        if (part.IsNone) return new Standing.Bystander();
        if (WrongShards() is { } wrong) return wrong;
        if (world.LayoutProblem is { } problem) return new Standing.Refused(RefusalReason.UnsafeVoterLayout, problem);
        return world.IsPaused(failed)
            ? new Standing.Refused(RefusalReason.Paused, $"Failover of {failed} is paused; resume it.")
            : new Standing.Acting(part, takeover.Heir == self ? [.. takeover.Orphans] : [], Order: null);
    }
}
