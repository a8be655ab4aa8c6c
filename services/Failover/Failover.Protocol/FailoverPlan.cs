using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>What would be done about a cluster by the newest observation. Nothing is changed by asking.</summary>
public sealed record FailoverPlan
{
    public required ClusterId Cluster { get; init; }

    /// <summary>The failure; null while the cluster is reachable, and the plan says what if it were not.</summary>
    public required Incident? Incident { get; init; }

    /// <summary>Who inherits what no rule is about; null when nobody can.</summary>
    public required ClusterId? Heir { get; init; }

    /// <summary>The grain types that may live in certain clusters only, with who inherits them.</summary>
    public required ImmutableArray<(TypeRule Rule, ClusterId? Heir)> Types { get; init; }

    /// <summary>Whether this Failover would promote, at once or after the grace.</summary>
    public required bool WouldAct { get; init; }

    /// <summary>Why it would not; null where another would.</summary>
    public RefusalReason? Refused { get; init; }

    /// <summary>The same in words.</summary>
    public string? Detail { get; init; }

    /// <summary>The plan for one cluster, or for all that are watched; empty where it is not known.</summary>
    internal static ImmutableArray<FailoverPlan> Of(FailoverView view, FailoverOptions options, ClusterId? about)
    {
        if (view.World is not { } world) return [];
        var stuck = view.Clusters.Where(cluster => cluster.IsStuck).Select(cluster => cluster.Cluster).ToHashSet();
        var judgement = new Judgement(view.Cluster, view.IsHeld, world, options, stuck.Contains, view.Owners)
        {
            DirectoryProblem = view.DirectoryProblem,
        };
        var clusters = about is { } one
            ? judgement.Known.Where(cluster => cluster == one)
            : judgement.Watched;
        return [.. clusters.Order().Select(cluster => Of(cluster, judgement, world, view.Cluster))];
    }

    private static FailoverPlan Of(ClusterId cluster, Judgement judgement, Observation world, ClusterId self)
    {
        var takeover = judgement.TakeoverOf(cluster);
        var standing = cluster == self ? new Standing.Bystander() : judgement.StandOn(cluster);
        return new FailoverPlan
        {
            Cluster = cluster,
            Incident = (judgement.Of(cluster) as ClusterInput.Unreachable)?.Incident,
            Heir = takeover.Heir,
            Types = [.. world.GrainTypes.Select(rule => (rule, takeover.HeirOf(rule)))],
            WouldAct = standing is Standing.Acting,
            Refused = (standing as Standing.Refused)?.Reason,
            Detail = (standing as Standing.Refused)?.Detail,
        };
    }
}
