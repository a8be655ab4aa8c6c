using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Processes;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>An event as a subscriber got it.</summary>
internal sealed record HeardEvent(IEvent Event, string? TraceParent);

/// <summary>Somebody who listens to everything that Failover, Recovery and the directory say.</summary>
internal sealed class EventLog(EventBus bus)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Sightings<HeardEvent> _heard = new();

    public IReadOnlyList<HeardEvent> All => _heard.All;

    public async Task StartAsync()
    {
        // A broker that outlives a test keeps what the test did not read.
        var queue = $"test.{Guid.NewGuid():n}";
        foreach (var subscription in (IAsyncDisposable[])
            [
                bus.Subscribe<FailoverStarted>(queue, HearAsync),
                bus.Subscribe<FailoverCompleted>(queue, HearAsync),
                bus.Subscribe<FailoverCancelled>(queue, HearAsync),
                bus.Subscribe<FailoverRefused>(queue, HearAsync),
                bus.Subscribe<FailoverForced>(queue, HearAsync),
                bus.Subscribe<SlotUnhealthy>(queue, HearAsync),
                bus.Subscribe<SlotPlaced>(queue, HearAsync),
                bus.Subscribe<SlotRecovered>(queue, HearAsync),
                bus.Subscribe<GrainPromoted>(queue, HearAsync),
                bus.Subscribe<GrainClaimed>(queue, HearAsync),
                bus.Subscribe<GrainDemoted>(queue, HearAsync),
                bus.Subscribe<GrainReleased>(queue, HearAsync),
                bus.Subscribe<GrainTransferred>(queue, HearAsync),
            ])
        {
            await bus.WhenReadyAsync(subscription);
        }
    }

    /// <summary>The first event that fits, heard already or yet to come.</summary>
    public async Task<T> WaitForAsync<T>(string what, Func<T, bool>? wanted = null)
        where T : class, IEvent
    {
        T? found = null;
        await UntilAsync($"{typeof(T).Name} ({what})", heard =>
        {
            found = heard.Select(one => one.Event).OfType<T>().FirstOrDefault(one => wanted?.Invoke(one) ?? true);
            return found is not null;
        });
        return found!;
    }

    /// <summary>Waits until what was heard so far is enough.</summary>
    public Task UntilAsync(string what, Func<IReadOnlyList<HeardEvent>, bool> isEnough) =>
        _heard.ExpectAsync(what, heard => isEnough(heard), Patience);

    private Task HearAsync<T>(T message, EventContext context, CancellationToken cancel)
        where T : class, IEvent
    {
        _heard.Add(new HeardEvent(message, context.TraceParent));
        return Task.CompletedTask;
    }
}
