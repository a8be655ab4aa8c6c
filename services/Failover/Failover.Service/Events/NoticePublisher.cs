using Holdfast.Failover.Protocol;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Events;

/// <summary>Says what the machine has to say: to the log, to the figures, and through the outbox to the bus.</summary>
internal sealed class NoticePublisher(
    StateEventOutbox outbox,
    SweepTraces traces,
    NodeOptions node,
    TimeProvider time,
    ILogger<NoticePublisher> logger)
{
    public void Publish(Notice notice)
    {
        Telemetry.Said(notice);
        var trace = TraceOf(notice);
        Tell(notice);
        outbox.Enqueue(NoticeEvents.Of(notice, node.Cluster, time.GetUtcNow().UtcDateTime), trace);
    }

    private string? TraceOf(Notice notice) => notice switch
    {
        Notice.Started started => traces.Start(started.Incident),
        Notice.Completed => traces.End(notice.Cluster, "completed"),
        Notice.Cancelled => traces.End(notice.Cluster, "cancelled"),
        Notice.Forced forced => forced.Incident.Decisive.TraceParent,
        Notice.Refused refused => refused.Incident?.Decisive.TraceParent,
        _ => null,
    };

    private void Tell(Notice notice)
    {
        var failed = notice.Cluster.Value;
        switch (notice)
        {
            case Notice.Started { Incident: var incident }:
                var fenced = string.Join(", ", incident.Fenced.Select(one => one.Node));
                Log.Started(logger, failed, fenced, (long)incident.Grace.TotalMilliseconds);
                break;
            case Notice.Completed completed:
                Log.Completed(
                    logger, failed, (long)completed.SinceFence.TotalMilliseconds, completed.Figures.ToString());
                break;
            case Notice.Cancelled cancelled:
                Log.Cancelled(logger, failed, NoticeEvents.Word(cancelled.Reason), cancelled.Figures.ToString());
                break;
            case Notice.Forced { Order: var order }:
                Log.Forced(logger, failed, order.Operator, order.Reason);
                break;
            case Notice.Refused refused:
                Log.Refused(logger, failed, NoticeEvents.Word(refused.Reason), refused.Detail);
                break;
            default:
                throw new Primitives.InvariantViolatedException(notice.ToString());
        }
    }
}
