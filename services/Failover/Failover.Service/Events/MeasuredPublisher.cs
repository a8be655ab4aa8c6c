using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Events;

/// <summary>The way of the directory's events to the bus, past the clock.</summary>
internal sealed class MeasuredPublisher(IEventPublisher bus, IncidentClock clock)
{
    public async Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        await bus.PublishAsync(message, traceParent, cancel);
        clock.Hear(message);
    }
}
