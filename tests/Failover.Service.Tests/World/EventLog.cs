using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>An event as a subscriber got it.</summary>
internal sealed record HeardEvent(IEvent Event, string? TraceParent);

/// <summary>Somebody who listens to everything that Failover, Recovery and the directory say.</summary>
internal sealed class EventLog(EventBus bus)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly List<HeardEvent> _heard = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<HeardEvent> All
    {
        get
        {
            lock (_gate) return [.. _heard];
        }
    }

    public async Task StartAsync()
    {
        foreach (var subscription in (IAsyncDisposable[])
            [
                bus.Subscribe<FailoverStarted>("test", HearAsync),
                bus.Subscribe<FailoverCompleted>("test", HearAsync),
                bus.Subscribe<FailoverCancelled>("test", HearAsync),
                bus.Subscribe<FailoverRefused>("test", HearAsync),
                bus.Subscribe<FailoverForced>("test", HearAsync),
                bus.Subscribe<SlotUnhealthy>("test", HearAsync),
                bus.Subscribe<SlotPlaced>("test", HearAsync),
                bus.Subscribe<SlotRecovered>("test", HearAsync),
                bus.Subscribe<GrainPromoted>("test", HearAsync),
                bus.Subscribe<GrainClaimed>("test", HearAsync),
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
    public async Task UntilAsync(string what, Func<IReadOnlyList<HeardEvent>, bool> isEnough)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (isEnough(_heard)) return;
                next = _next.Task;
            }

            try
            {
                await next.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException e)
            {
                var heard = string.Join(", ", All.Select(one => one.Event.GetType().Name));
                throw new TimeoutException($"No {what} within {Patience}; heard: {heard}", e);
            }
        }
    }

    private Task HearAsync<T>(T message, EventContext context, CancellationToken cancel)
        where T : class, IEvent
    {
        lock (_gate)
        {
            _heard.Add(new HeardEvent(message, context.TraceParent));
            var arrived = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrived.SetResult();
        }

        return Task.CompletedTask;
    }
}
