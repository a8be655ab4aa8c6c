using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Cli.Settings;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Failover;

/// <summary><c>holdfast plan [--from cluster] --json</c>: what every Failover that was asked would do.</summary>
internal sealed record PlanReport(
    int Format, DateTime At, IReadOnlyList<FailoverPlanAnswer> Plans, IReadOnlyList<PlanGap> NotKnown);

/// <summary>A Failover that did not tell its plan.</summary>
internal sealed record PlanGap(string Address, string Problem);

/// <summary><c>holdfast plan</c></summary>
internal static class PlanCommand
{
    public static async Task<ExitCode> RunAsync(ToolRun run, string? from, CancellationToken cancel)
    {
        var failovers = run.Settings.Failover;
        if (failovers.Count == 0) throw ToolRun.Missing("Failover", SettingKey.Failover);
        var path = from is null ? FailoverRoutes.Plan : $"{FailoverRoutes.Plan}?from={Uri.EscapeDataString(from)}";
        var replies = await Task.WhenAll(failovers.Select(async failover =>
            (At: failover, Reply: await run.Caller.GetAsync<FailoverPlanAnswer>(failover, path, cancel))));
        var report = new PlanReport(
            1,
            run.Around.Time.GetUtcNow().UtcDateTime,
            [.. replies.Select(reply => reply.Reply.Value).OfType<FailoverPlanAnswer>()],
            [
                .. replies.Where(reply => reply.Reply.Value is null)
                    .Select(reply => new PlanGap(reply.At.ToString().TrimEnd('/'), reply.Reply.Failure!)),
            ]);
        if (report.Plans.Count == 0) throw NoPlan(replies.Select(reply => reply.Reply), report.NotKnown);
        if (run.IsJson) JsonOutput.Write(run.Around.Out, report);
        else Write(run.Screen, report);
        return ExitCode.Done;
    }

    // A refusal by all of them is one about the question.
    private static ToolFailureException NoPlan(
        IEnumerable<Reply<FailoverPlanAnswer>> replies, IReadOnlyList<PlanGap> gaps)
    {
        var refusals = replies.OfType<Reply<FailoverPlanAnswer>.Refused>().ToList();
        return refusals.Count == gaps.Count && refusals[0].Problem is { Status: < 500 } problem
            ? new ToolFailureException(ExitCode.Refused, problem.Code, problem.Detail)
            : ToolFailureException.Unreachable(
                "No Failover told its plan: " +
                $"{string.Join("; ", gaps.Select(gap => $"{gap.Address}: {gap.Problem}"))}.");
    }

    private static void Write(Screen screen, PlanReport report)
    {
        var total = report.Plans.Max(plan => plan.GrainsTotal);
        var room = report.Plans.Where(plan => plan.Holds).Min(plan => plan.BrakeRoom);
        screen.Title(
            new Words($"{Spoken.Of(total, "grain")}", Tone.Strong),
            room is { } left ? $"  the brake lets {Spoken.Of(left)} more be promoted in its window" : "");
        var clusters = report.Plans.SelectMany(plan => plan.Clusters.Select(cluster => (plan, cluster)))
            .GroupBy(view => view.cluster.Cluster, StringComparer.Ordinal)
            .OrderBy(views => views.Key, StringComparer.Ordinal)
            .Select(Deciding)
            .ToList();
        screen.Table(
            ["CLUSTER", "NOW", "GRAINS", "HEIR", "WHAT WOULD HAPPEN"],
            [
                .. clusters.Select(view => (Words[])
                [
                    view.Cluster.Cluster,
                    view.Cluster.Unreachable ? new Words("unreachable", Tone.Bad) : new Words("reachable", Tone.Good),
                    Spoken.Of(view.Cluster.Grains),
                    view.Cluster.Heir ?? new Words("nobody", Tone.Warning),
                    WhatOf(view.By, view.Cluster, report.At),
                ]),
            ]);
        foreach (var (_, cluster) in clusters)
        {
            foreach (var type in cluster.RestrictedTypes)
            {
                screen.Line($"Grains of type {type.GrainType} in {cluster.Cluster} go to {type.Heir ?? "nobody"} " +
                    $"(allowed: {Spoken.List([.. type.AllowedClusters])}).");
            }
        }

        if (report.Plans.Max(plan => plan.ShardsNotCounted) is > 0 and var silent)
            screen.Line(new Words("Not counted: ", Tone.Warning), $"the grains of {Spoken.Of(silent, "shard")}.");
        foreach (var gap in report.NotKnown)
            screen.Line(new Words("Not known: ", Tone.Warning), $"{gap.Address}: {gap.Problem}");
    }

    /// <summary>The view of who would act, else of a holder.</summary>
    private static (FailoverPlanAnswer By, PlannedCluster Cluster) Deciding(
        IEnumerable<(FailoverPlanAnswer By, PlannedCluster Cluster)> views) => views
        .OrderByDescending(view => view.By.Holds && view.Cluster.WouldAct)
        .ThenByDescending(view => view.By.Holds && view.Cluster.Refused is not (null or "bystander"))
        .ThenByDescending(view => view.By.Holds).First();

    private static Words WhatOf(FailoverPlanAnswer by, PlannedCluster cluster, DateTime at)
    {
        var condition = cluster.Unreachable ? "" : "if it were unreachable: ";
        if (!cluster.WouldAct)
        {
            var why = cluster.Refused is null or "bystander" ? "nobody who was asked would act" : cluster.Refused;
            return new Words(condition + (cluster.Detail is { } detail ? $"{why}: {detail}" : why), Tone.Warning);
        }

        var when = cluster.GraceOverAt is not { } over ? "after its grace"
            : over > at ? $"in {Spoken.Of(over - at)}" : "at once";
        return cluster.Phase switch
        {
            "promoting" => $"{by.Cluster} is promoting",
            "promoted" => $"{by.Cluster} has promoted, and looks again",
            _ => $"{condition}{by.Cluster} promotes {when}",
        };
    }
}
