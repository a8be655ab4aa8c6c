using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Holdfast.Contracts;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>
/// The bus of a process: plain JSON over RabbitMQ or, embedded, inside the process. It is open at once and connects in
/// the background, again and again; until then publishing fails within its deadline and subscriptions wait. Several
/// hosts of one process can share one.
/// </summary>
public sealed partial class EventBus : IEventPublisher, IEventSubscriber, ICommandBus, IReadinessCheck, IAsyncDisposable
{
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(5);

    private readonly BusOptions _options;
    private readonly ILogger _logger;
    private readonly IBusControl _bus;
    private readonly Task? _started;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly BrokerLink? _link;
    private readonly HostReceiveEndpointHandle _answers;
    private int _disposed;

    private EventBus(BusOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger<EventBus>();
        LogContext.ConfigureCurrentLogContext(
            new TransportLoggers(loggers, () => _started is { IsCompletedSuccessfully: true }));
        _bus = BusFactory.Create(options);
        _link = options.Transport == BusTransport.RabbitMq ? new BrokerLink() : null;

        // Completes when the broker has answered for the first time, which may be never; nobody waits for it.
        _started = _bus.StartAsync(_stopping.Token);
        _answers = _bus.ConnectReceiveEndpoint(BusFactory.AnswerQueueOf(options.Username), endpoint =>
        {
            BusFactory.AnswerQueue(endpoint, _link);
            endpoint.ConfigureReceive(pipe => pipe.UseFilter(new DeliveryFilter(HearAnswerAsync)));
        });
    }

    /// <summary>Opens a bus; returns at once, whether the broker is there or not.</summary>
    public static EventBus Open(BusOptions options, ILoggerFactory loggers) => new(options, loggers);

    /// <summary>The name under which the bus appears in <c>/readyz</c>.</summary>
    public string Name => "bus";

    private string Address => _options.Transport == BusTransport.Memory
        ? "the in-memory bus"
        : $"RabbitMQ at {_options.Host}:{_options.Port}";

    /// <inheritdoc/>
    public string? WaitsFor()
    {
        var health = _bus.CheckHealth();
        if (health.Status != BusHealthStatus.Healthy)
        {
            var cause = health.Exception?.GetBaseException().Message ?? health.Description;
            return $"{Address} does not serve: {cause}";
        }

        var unread = _subscriptions.Values.Where(one => !one.IsRead).Select(one => one.Queue).Order().ToList();
        return unread.Count == 0 ? null : $"{Address} does not serve yet: {unread.Count} queues are not read, " +
            $"{unread[0]} for one";
    }

    /// <inheritdoc/>
    /// <exception cref="BusUnavailableException">The broker refused, or did not confirm in time.</exception>
    public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(message);
        return PublishAsync(message, message.EventId, traceParent, answerTo: null, cancel);
    }

    private async Task PublishAsync(
        object message, Guid messageId, string? traceParent, Uri? answerTo, CancellationToken cancel)
    {
        var type = message.GetType();
        var exchange = EventIdentity.ExchangeOf(type);
        var body = new PlainJson(JsonSerializer.SerializeToUtf8Bytes(message, type, ContractJson.Options));
        using var activity = Telemetry.StartPublish(exchange, traceParent);
        var trace = activity?.Id ?? traceParent ?? Activity.Current?.Id;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stopping.Token);
        deadline.CancelAfter(_options.PublishDeadline);
        var start = Stopwatch.GetTimestamp();
        try
        {
            if (_link is not null && message is IEvent) await _link.EnsureAsync(exchange, deadline.Token);
            var prepare = Pipe.New<PublishContext>(pipe => pipe.UseExecute(Prepare));
            await _bus.Publish(message, type, prepare, deadline.Token).WaitAsync(deadline.Token);
            Telemetry.Published(exchange, Stopwatch.GetElapsedTime(start), confirmed: true);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            Telemetry.Published(exchange, Stopwatch.GetElapsedTime(start), confirmed: false);
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            _link?.Forget(exchange);
            throw new BusUnavailableException(Explain(failure, type, exchange), failure);
        }

        void Prepare(PublishContext context)
        {
            context.Serializer = body;
            context.MessageId = messageId;
            context.Headers.Set(MessageHeaders.MessageType, MessageUrn.ForTypeString(type));
            Headers.SetTrace(context, trace);
            if (answerTo is null) return;

            // A command that no queue takes comes back, rather than be waited for.
            if (context is RabbitMqSendContext rabbit) rabbit.Mandatory = true;
            context.RequestId = messageId;
            context.Headers.Set(MessageHeaders.RequestId, messageId.ToString());
            context.Headers.Set(MessageHeaders.ResponseAddress, answerTo.ToString());
        }
    }

    private string Explain(Exception failure, Type type, string exchange)
    {
        if (failure is MessageReturnedException) return NobodyAnswers(type, $"no queue is bound to {exchange}");
        return BrokerLink.RefusalOf(failure) is { } reason
            ? $"{Address} refused {type.Name}: {reason}."
            : $"{Address} did not confirm {type.Name} within {_options.PublishDeadline}.";
    }

    /// <summary>Stops receiving, lets what is under way end, and disconnects.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        using var deadline = new CancellationTokenSource(StopTime);
        try
        {
            // A bus that never found its broker ends its attempts by itself once it is told to.
            var hasServed = _started is { IsCompletedSuccessfully: true };
            var stopped = hasServed ? _bus.StopAsync(deadline.Token) : Task.CompletedTask;
            await stopped.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Log.BusStopAbandoned(_logger, Address, StopTime);
        }

        await _stopping.CancelAsync();
    }

    private sealed class DeliveryFilter(Func<ReceiveContext, Task> deliver) : IFilter<ReceiveContext>
    {
        // The end of the way: what MassTransit would do next, deserialize and dispatch, is done here on plain JSON.
        public Task Send(ReceiveContext context, IPipe<ReceiveContext> next) => deliver(context);

        public void Probe(ProbeContext context) => context.CreateFilterScope("holdfast");
    }
}
