using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests.World;

/// <summary>What the journal says of what was done.</summary>
internal sealed partial class TwinShell
{
    private static string Describe(ShardCall call, CallResult result) => (call, result) switch
    {
        (ShardCall.Open, _) => $"shard {call.Shard}: open: {Describe(result)}",
        (ShardCall.InstallGrant, _) => $"shard {call.Shard}: install {call.Token.Index}: {Describe(result)}",
        (ShardCall.Promote promote, _) =>
            $"shard {call.Shard}: promote {Describe(promote.Part)}from {promote.From} under {call.Token.Index}: " +
            Describe(result),
        _ => throw new InvariantViolatedException(call.ToString()),
    };

    private static string Describe(TypePart part) => part.Types.IsEmpty && !part.IsOnly
        ? ""
        : $"{(part.IsOnly ? "only" : "all but")} {string.Join(',', part.Types)} ";

    private static string Describe(CallResult result) => result switch
    {
        CallResult.Done => "done",
        CallResult.Batch batch =>
            $"{batch.Promoted} moved, {batch.Remaining} remain" + (batch.Newer > 0 ? $", {batch.Newer} newer" : "") +
            (batch.Leased > 0 ? $", {batch.Leased} leased" : "") +
            (batch.Skipped > 0 ? $", {batch.Skipped} for others" : "") +
            (batch.Malformed > 0 ? $", {batch.Malformed} unreadable" : ""),
        CallResult.Refused refused => $"refused, {refused.Bound.Index} is installed",
        CallResult.Failed failed => failed.Why,
        _ => throw new InvariantViolatedException(result.ToString()),
    };

    private static string Describe(Notice notice) => notice switch
    {
        Notice.Started started =>
            $"FailoverStarted {started.Incident.Cluster} token={started.Token.Index} " +
            $"fenced={string.Join('+', started.Incident.Fenced.Select(node => node.Node))} " +
            $"grace={started.Incident.Grace.TotalSeconds}s",
        Notice.Completed completed =>
            $"FailoverCompleted {completed.Incident.Cluster} {Describe(completed.Figures)} " +
            $"after={completed.SinceFence.TotalSeconds:0.0}s",
        Notice.Cancelled cancelled =>
            $"FailoverCancelled {cancelled.Incident.Cluster} {Describe(cancelled.Figures)} reason={cancelled.Reason}",
        Notice.Forced forced =>
            $"FailoverForced {forced.Incident.Cluster} by={forced.Order.Operator}: {forced.Order.Reason}",
        Notice.Refused refused =>
            $"FailoverRefused {refused.Cluster} {refused.Phase} reason={refused.Reason}: {refused.Detail}",
        _ => throw new InvariantViolatedException(notice.ToString()),
    };

    public static string Describe(SweepFigures figures) =>
        $"promoted={figures.Promoted} lost={figures.Lost} failed={figures.Failed} stranded={figures.Stranded}" +
        (figures.ShardsUnknown > 0 ? $" unknown={figures.ShardsUnknown}" : "") +
        (figures.Skipped > 0 ? $" others={figures.Skipped}" : "");
}
