using System.Diagnostics;
using System.Threading.Channels;
using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Events;

/// <summary>
/// Tells hosts over the bus that there is an order for them, as <c>StartSlot</c> and <c>StopSlot</c>, so that they
/// report at once. Nobody relies on it: with the bus gone, or nobody there to answer, the host hears so at its next
/// report.
/// </summary>
internal sealed class HostNudger(ICommandBus bus, ILogger<HostNudger> logger) : BackgroundService
{
    private const int WaitingMax = 1_024;
    private const int SendsMax = 16;

    private readonly Channel<HostNudge> _waiting = Channel.CreateBounded<HostNudge>(
        new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropOldest });

    public void Nudge(HostNudge nudge) => _waiting.Writer.TryWrite(nudge);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        _waiting.Reader.ReadAllAsync(stoppingToken),
        new ParallelOptions { MaxDegreeOfParallelism = SendsMax, CancellationToken = stoppingToken },
        SendAsync);

    private async ValueTask SendAsync(HostNudge nudge, CancellationToken cancel)
    {
        using var span = Enter(nudge.Order);
        try
        {
            await bus.SendAsync(CommandOf(nudge), cancel);
            Telemetry.Nudged("answered");
        }
        catch (BusUnavailableException failure)
        {
            Telemetry.Nudged("unanswered");
            Log.NudgeFailed(logger, nudge.Node.Value, failure.Message);
        }
    }

    private static Activity? Enter(SlotOrder order) => ActivityContext.TryParse(order.TraceParent, null, out _)
        ? new Activity("nudge host").SetParentId(order.TraceParent!).Start()
        : null;

    private static ICommand CommandOf(HostNudge nudge)
    {
        var (slot, epoch) = (nudge.Order.Slot, nudge.Order.Epoch.ToString());
        return nudge.Order.IsStart
            ? new StartSlot
            {
                CommandId = Guid.NewGuid(),
                Group = slot.Group.Value,
                Slot = slot.Index,
                NodeId = nudge.Node.Value,
                Epoch = epoch,
            }
            : new StopSlot
            {
                CommandId = Guid.NewGuid(),
                Group = slot.Group.Value,
                Slot = slot.Index,
                NodeId = nudge.Node.Value,
                Epoch = epoch,
            };
    }
}
