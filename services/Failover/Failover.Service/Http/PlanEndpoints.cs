using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Directory;
using Holdfast.Failover.Service.Events;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Http;

/// <summary><c>/v1/plan</c> and <c>/v1/force</c>: what would be promoted, and doing it by hand.</summary>
internal static class PlanEndpoints
{
    public static void MapPlan(this IEndpointRouteBuilder app)
    {
        app.MapGet(FailoverRoutes.Plan, PlanAsync);
        app.MapPost(
            FailoverRoutes.Force,
            (ForceRequest request, ForceDesk desk, CancellationToken cancel) => desk.OrderAsync(request, cancel))
            .RequireOperator();
    }

    private static async Task<IResult> PlanAsync(
        string? from,
        FailoverLoop loop,
        OwnerCounts counts,
        IMonotonicClock clock,
        TimeProvider time,
        CancellationToken cancel)
    {
        if (from is not null && !ClusterId.IsLegal(from)) return Problem.Invalid($"'{from}' is no cluster id.");
        var view = loop.View;
        var plans = loop.Plan(from is null ? null : new ClusterId(from));
        if (from is not null && plans.IsEmpty)
            return Problem.NotFound($"Consensus knows no node of {from}, and it was not seen to own a grain.");
        var clusters = (view.World?.Nodes ?? []).Select(node => node.Cluster)
            .Concat(view.Owners).Append(view.Cluster).Distinct();
        var known = await counts.KnownAsync([.. clusters.Take(DirectoryLimits.ClustersPerCallMax)], cancel);
        var (now, utcNow) = (clock.Now(), time.GetUtcNow().UtcDateTime);
        return Results.Ok(new FailoverPlanAnswer
        {
            Cluster = view.Cluster.Value,
            Holds = view.IsHeld,
            AppliedIndex = view.AppliedIndex,
            GrainsTotal = known.Grains.Values.Sum(),
            ShardsNotCounted = known.ShardsSilent > 0 ? known.ShardsSilent : null,
            BrakeRoom = view.BrakeRoom,
            Clusters = [.. plans.Select(plan => Describe(plan, view, known.Grains, utcNow - (now - Instant.Zero)))],
        });
    }

    private static PlannedCluster Describe(
        FailoverPlan plan, FailoverView view, IReadOnlyDictionary<ClusterId, long> grains, DateTime utcZero)
    {
        var refused = plan.Refused is { } reason ? NoticeEvents.Word(reason) : plan.WouldAct ? null : "bystander";
        var phase = view.Clusters.FirstOrDefault(cluster => cluster.Cluster == plan.Cluster)?.Phase;
        return new PlannedCluster
        {
            Cluster = plan.Cluster.Value,
            Phase = NoticeEvents.PhaseWord(phase ?? "Monitoring"),
            Unreachable = plan.Incident is not null,
            Grains = grains.GetValueOrDefault(plan.Cluster),
            GraceOverAt = plan.Incident is { } incident ? utcZero + (incident.DueAt - Instant.Zero) : null,
            Heir = plan.Heir?.Value,
            RestrictedTypes =
            [
                .. plan.Types.Select(type => new PlannedType(
                    type.Rule.Type, [.. type.Rule.Allowed.Select(cluster => cluster.Value)], type.Heir?.Value)),
            ],
            WouldAct = plan.WouldAct,
            Refused = refused,
            Detail = plan.Detail,
        };
    }
}
