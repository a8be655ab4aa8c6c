using System.Text.Json;
using Holdfast.Contracts;
using MassTransit;

namespace Holdfast.Hosting;

public sealed partial class EventBus
{
    private const string DeliveryCount = "x-delivery-count";

    /// <summary>
    /// The queue that <see cref="Subscribe{T}"/> reads: one per name and type, because a queue is handed to one
    /// handler at a time and a slow one must not hold up the others.
    /// </summary>
    public static string QueueOf<T>(string queue)
        where T : class, IEvent => QueueOf(queue, EventIdentity.ExchangeOf(typeof(T)));

    /// <inheritdoc/>
    public IAsyncDisposable Subscribe<T>(string queue, Func<T, EventContext, CancellationToken, Task> handle)
        where T : class, IEvent
    {
        ArgumentException.ThrowIfNullOrEmpty(queue);
        var exchange = EventIdentity.ExchangeOf(typeof(T));
        return Connect(QueueOf<T>(queue), exchange, context => DeliverAsync(context, exchange, handle));
    }

    /// <summary>Completes once the queue of a subscription is read: what is published then arrives.</summary>
    /// <param name="subscription">What <see cref="Subscribe{T}"/> or <see cref="ICommandBus"/> gave.</param>
    public Task WhenReadyAsync(IAsyncDisposable subscription) =>
        subscription is Subscription known ? known.WhenRead : Task.CompletedTask;

    private static string QueueOf(string queue, string exchange) => $"{queue}.{exchange["holdfast.".Length..]}";

    private Subscription Connect(string queue, string exchange, Func<ReceiveContext, Task> deliver)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var subscription = new Subscription(this, queue);
        if (!_subscriptions.TryAdd(queue, subscription))
            throw new InvalidOperationException($"Queue {queue} has a handler in this process already.");
        subscription.Handle = _bus.ConnectReceiveEndpoint(queue, endpoint =>
        {
            BusFactory.SubscriberQueue(endpoint, queue, exchange, _options);
            endpoint.ConnectReceiveEndpointObserver(subscription);
            endpoint.ConfigureReceive(pipe => pipe.UseFilter(new DeliveryFilter(deliver)));
        });
        return subscription;
    }

    private async Task DeliverAsync<T>(
        ReceiveContext context, string exchange, Func<T, EventContext, CancellationToken, Task> handle)
        where T : class
    {
        var trace = Headers.TraceOf(context);
        var redeliveries = Headers.Number(context, DeliveryCount);
        using var activity = Telemetry.StartConsume(exchange, trace);
        while (true)
        {
            try
            {
                var message = JsonSerializer.Deserialize<T>(context.GetBody(), ContractJson.Options)
                    ?? throw new JsonException($"The body is null where a {typeof(T).Name} is wanted.");
                var redelivered = context.Redelivered || redeliveries > 0;
                await handle(message, new EventContext(trace, redelivered), context.CancellationToken);
                Telemetry.Consumed(exchange, "handled");
                return;
            }
            catch (Exception failure) when (!context.CancellationToken.IsCancellationRequested)
            {
                redeliveries++;
                var last = failure is JsonException || redeliveries >= _options.DeliveryLimit;
                Telemetry.Consumed(exchange, last ? "dead" : "failed");
                Log.DeliveryFailed(_logger, exchange, redeliveries, _options.DeliveryLimit, failure);
                if (!last) await Task.Delay(_options.PauseAfter(redeliveries - 1), context.CancellationToken);

                // The broker counts for itself, so that a crash counts too; in memory there is only this loop.
                if (_options.Transport == BusTransport.RabbitMq) throw;
                if (last) return;
            }
        }
    }

    /// <summary>
    /// Knows whether its queue is read. MassTransit counts an endpoint as healthy from its start on, which is seconds
    /// before its queue is there where the broker is slow; what is published in between never arrives.
    /// </summary>
    private sealed class Subscription(EventBus bus, string queue) : IReceiveEndpointObserver, IAsyncDisposable
    {
        private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isRead;

        public HostReceiveEndpointHandle? Handle { get; set; }

        public string Queue => queue;

        /// <summary>Whether it is read now.</summary>
        public bool IsRead => _isRead;

        /// <summary>Completes when it is read for the first time.</summary>
        public Task WhenRead => _read.Task;

        public Task Ready(ReceiveEndpointReady ready)
        {
            // In this order: who sees that it is read finds the waiting ended as well.
            _read.TrySetResult();
            _isRead = true;
            return Task.CompletedTask;
        }

        public Task Stopping(ReceiveEndpointStopping stopping) => NotRead();

        public Task Completed(ReceiveEndpointCompleted completed) => NotRead();

        public Task Faulted(ReceiveEndpointFaulted faulted)
        {
            // What a later attempt cannot mend, such as a password that the broker does not take, nobody waits for.
            if (faulted.Exception is ConnectionException { IsTransient: false } refused) _read.TrySetException(refused);
            return NotRead();
        }

        public async ValueTask DisposeAsync()
        {
            if (!bus._subscriptions.TryRemove(KeyValuePair.Create(queue, this)) || Handle is null) return;
            if (bus._stopping.IsCancellationRequested) return;
            using var deadline = new CancellationTokenSource(StopTime);
            try
            {
                await Handle.StopAsync(deadline.Token).WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Log.BusStopAbandoned(bus._logger, queue, StopTime);
            }
        }

        private Task NotRead()
        {
            _isRead = false;
            return Task.CompletedTask;
        }
    }
}
