using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Cli.Status;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Cli.Failover;

/// <summary>What <c>force</c> is told.</summary>
internal sealed record ForceWish(string From, string To, string Reason, string? Operator, bool IsYes, bool IsWaiting);

/// <summary><c>holdfast force --json</c>: the order, and with it how far it came before the tool ended.</summary>
internal sealed record ForceReport(int Format, ForceAnswer Order, ClusterRow? Cluster);

/// <summary><c>holdfast force</c>: promotes away from an unreachable cluster by hand.</summary>
internal static class ForceCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task<ExitCode> RunAsync(ToolRun run, ForceWish wish, CancellationToken cancel)
    {
        Confirmation.Demand(
            run.Around,
            wish.IsYes,
            $"All grains of {wish.From} are promoted to {wish.To} now, whatever grace, pauses, brakes and the layout " +
            "of the voters say. Fenced owners that compare no epochs go on beside the new ones.");
        var request = new ForceRequest(wish.From, wish.Reason, wish.To, wish.Operator);
        var (_, order) = await Steering.PostAsync<ForceAnswer>(run, FailoverRoutes.Force, request, cancel);
        if (!run.IsJson)
        {
            run.Screen.Title($"Ordered, under token {order.Token}: {order.To} takes over " +
                $"{(order.Grains is { } grains ? Spoken.Of(grains, "grain") : "the grains")} of {order.From}.");
        }

        ClusterRow? cluster = null;
        var isInterrupted = false;
        try
        {
            if (wish.IsWaiting) cluster = await FollowAsync(run, order, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            isInterrupted = true;
        }

        if (run.IsJson) JsonOutput.Write(run.Around.Out, new ForceReport(1, order, cluster));
        else if (cluster is not null) run.Screen.Title(Sum(cluster));
        return isInterrupted
            ? throw ToolFailureException.Interrupted(
                $"Interrupted; the order under token {order.Token} stands, and {order.To} follows it.")
            : ExitCode.Done;
    }

    /// <summary>Until the receiver's Failover says that it has taken over, or that the cluster came back.</summary>
    private static async Task<ClusterRow> FollowAsync(ToolRun run, ForceAnswer order, CancellationToken cancel)
    {
        using var progress = new Progress(run.Around, "promoted");
        using var timer = new PeriodicTimer(Pause, run.Around.Time);
        ClusterRow? last = null;
        while (true)
        {
            var replies = await Task.WhenAll(run.Settings.Failover.Select(failover =>
                run.Caller.GetAsync<ClustersAnswer>(failover, FailoverRoutes.Clusters, cancel)));
            var receivers = replies.Select(reply => reply.Value).OfType<ClustersAnswer>()
                .Where(failover => failover.Cluster == order.To && failover.Holds && HasSeen(failover, order)).ToList();
            var row = ClusterRows.Of([], receivers, null).FirstOrDefault(cluster => cluster.Cluster == order.From);
            if (row is { Phase: "promoted" } || (last is { Phase: "promoting" } && row is { Phase: "monitoring" }))
                return row;

            // Nobody of it was ever known, and it owns nothing any more: then it is not watched any longer.
            if (row is null && receivers.Count > 0)
                return last is { Phase: "promoting" } ? last with { Phase = "promoted" } : throw NotWatched(order);
            last = row ?? last;
            progress.Tell(row is null
                ? $"waiting for a Failover of {order.To} to say how far it is"
                : $"{row.Phase}: {Spoken.Of(row.Promoted ?? 0)} promoted, {Spoken.Of(row.Stranded)} stranded");
            await timer.WaitForNextTickAsync(cancel);
        }
    }

    // What was said before the receiver knew the order is not about it.
    private static bool HasSeen(ClustersAnswer failover, ForceAnswer order) =>
        failover.AppliedIndex >= Token.Parse(order.Token).Index;

    private static ToolFailureException NotWatched(ForceAnswer order) => new(
        ExitCode.Failed,
        "notWatched",
        $"The order under token {order.Token} stands, and the Failover of {order.To}, which knows it, does not watch " +
        $"{order.From}: whether anything was promoted is not known. See holdfast status and " +
        $"holdfast grains {order.From}.");

    private static string Sum(ClusterRow cluster) => cluster.Phase == "promoted"
        ? $"{cluster.By} has taken over {cluster.Cluster}: {Spoken.Of(cluster.Promoted ?? 0)} promoted, " +
            $"{Spoken.Of(cluster.Lost ?? 0)} lost to others, {Spoken.Of(cluster.Stranded)} stranded."
        : $"{cluster.Cluster} came back; {Spoken.Of(cluster.Promoted ?? 0)} were promoted before.";
}
