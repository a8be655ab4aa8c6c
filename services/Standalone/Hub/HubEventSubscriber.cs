using System.Collections.Concurrent;
using System.Threading.Channels;
using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Standalone.Hub;

/// <summary>
/// The way from the bus for a process that has none: one stream from the hub, handed to each subscription in its own
/// time. Bounded: a subscription that falls behind misses the oldest, and its owner reconciles from snapshots.
/// </summary>
internal sealed class HubEventSubscriber : IEventSubscriber, IAsyncDisposable
{
    private const int WaitingMax = 1_024;
    private const int DeliveriesMax = 3;

    private readonly HttpClient _http;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Subscription, string> _subscriptions = new();
    private readonly EventStream _stream;
    private readonly Task _reading;

    public HubEventSubscriber(Uri hub, string tokenFile, ILogger logger)
    {
        _http = new HttpClient { BaseAddress = hub, Timeout = Timeout.InfiniteTimeSpan };
        _logger = logger;
        _stream = new EventStream(_http, tokenFile);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Completes when events begin to arrive here.</summary>
    public Task Connected => _stream.Connected;

    public IAsyncDisposable Subscribe<T>(string queue, Func<T, EventContext, CancellationToken, Task> handle)
        where T : class, IEvent
    {
        var subscription = new Subscription(
            item => DeliverAsync(item, handle), ended => _subscriptions.TryRemove(ended, out _));
        _subscriptions[subscription] = typeof(T).Name;
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        foreach (var subscription in _subscriptions.Keys) await subscription.DisposeAsync();
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var item in _stream.ReadAsync(_stopping.Token))
            {
                foreach (var (subscription, type) in _subscriptions)
                {
                    if (type == item.Type) subscription.Offer(item);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task DeliverAsync<T>(StreamedEvent item, Func<T, EventContext, CancellationToken, Task> handle)
        where T : class, IEvent
    {
        for (var delivery = 1; delivery <= DeliveriesMax; delivery++)
        {
            try
            {
                await handle(
                    item.As<T>()!, new EventContext(item.TraceParent, Redelivered: delivery > 1), _stopping.Token);
                return;
            }
            catch (Exception e) when (!_stopping.IsCancellationRequested)
            {
                Log.EventNotHandled(_logger, item.Type, delivery, e);
            }
        }
    }

    private sealed class Subscription : IAsyncDisposable
    {
        private readonly Channel<StreamedEvent> _waiting = Channel.CreateBounded<StreamedEvent>(
            new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropOldest });

        private readonly Action<Subscription> _ended;
        private readonly Task _delivering;

        public Subscription(Func<StreamedEvent, Task> deliver, Action<Subscription> ended)
        {
            _ended = ended;
            _delivering = Task.Run(async () =>
            {
                await foreach (var item in _waiting.Reader.ReadAllAsync()) await deliver(item);
            });
        }

        public void Offer(StreamedEvent item) => _waiting.Writer.TryWrite(item);

        public async ValueTask DisposeAsync()
        {
            _ended(this);
            _waiting.Writer.TryComplete();
            await _delivering;
        }
    }
}
