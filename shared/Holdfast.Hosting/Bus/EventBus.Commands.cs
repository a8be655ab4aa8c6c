using System.Collections.Concurrent;
using System.Text.Json;
using Holdfast.Contracts;
using MassTransit;

namespace Holdfast.Hosting;

public sealed partial class EventBus
{
    private static readonly Uri DirectReply = new("exchange:amq.rabbitmq.reply-to");

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<ICommandAnswer>> _asked = new();

    /// <inheritdoc/>
    public IAsyncDisposable RespondTo<TCommand>(Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand
    {
        var exchange = EventIdentity.ExchangeOf(typeof(TCommand));
        var responder = new CommandResponder<TCommand>(_ => true, handle, _logger);
        return Connect(exchange, exchange, context => RespondAsync(context, exchange, responder));
    }

    /// <inheritdoc/>
    public IAsyncDisposable RespondTo<TCommand>(
        string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand
    {
        ArgumentException.ThrowIfNullOrEmpty(queue);
        var exchange = EventIdentity.ExchangeOf(typeof(TCommand));
        var responder = new CommandResponder<TCommand>(concerns, handle, _logger);
        return Connect(QueueOf(queue, exchange), exchange, context => RespondAsync(context, exchange, responder));
    }

    /// <inheritdoc/>
    public async Task<ICommandAnswer> SendAsync(ICommand command, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(command);
        var requestId = Guid.NewGuid();
        var answer = new TaskCompletionSource<ICommandAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[requestId] = answer;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stopping.Token);
            deadline.CancelAfter(_options.PublishDeadline);
            var ready = await _answers.Ready.WaitAsync(deadline.Token);
            await PublishAsync(command, requestId, traceParent: null, ready.InputAddress, deadline.Token);
            return await answer.Task.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException late) when (!cancel.IsCancellationRequested)
        {
            throw new BusUnavailableException(
                $"Nobody answered {command.GetType().Name} within {_options.PublishDeadline}.", late);
        }
        finally
        {
            _asked.TryRemove(requestId, out _);
        }
    }

    private async Task RespondAsync<TCommand>(
        ReceiveContext context, string exchange, CommandResponder<TCommand> responder)
        where TCommand : class, ICommand
    {
        using var activity = Telemetry.StartConsume(exchange, Headers.TraceOf(context));
        if (await responder.AnswerAsync(context.GetBody(), context.CancellationToken) is not { } answer) return;
        Telemetry.Consumed(exchange, answer is CommandAccepted ? "accepted" : "refused");
        var body = new PlainJson(JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), ContractJson.Options));
        var replyTo = context.TryGetPayload<RabbitMqBasicConsumeContext>(out var amqp) ? amqp.Properties : null;
        if (Headers.Text(context, MessageHeaders.ResponseAddress) is { } address)
        {
            var endpoint = await _bus.GetSendEndpoint(new Uri(address));
            await endpoint.Send(answer, answer.GetType(), Pipe.New<SendContext>(pipe => pipe.UseExecute(Prepare)));
        }
        else if (replyTo?.ReplyTo is { Length: > 0 } queue)
        {
            // A plain AMQP client: its queue by name through the default exchange, its own correlation id.
            var endpoint = await _bus.GetSendEndpoint(DirectReply);
            await endpoint.Send(answer, answer.GetType(), Pipe.New<SendContext>(pipe => pipe.UseExecute(send =>
            {
                Prepare(send);
                send.SetRoutingKey(queue);

                // MassTransit takes the command's id for it; the client wants its own back.
                send.CorrelationId = null;
                if (send is RabbitMqSendContext rabbit) rabbit.BasicProperties.CorrelationId = replyTo.CorrelationId;
            })));
        }

        void Prepare(SendContext send)
        {
            send.Serializer = body;
            send.Headers.Set(MessageHeaders.MessageType, MessageUrn.ForTypeString(answer.GetType()));
            send.Headers.Set(MessageHeaders.RequestId, Headers.Text(context, MessageHeaders.RequestId));
            if (send is RabbitMqSendContext rabbit) rabbit.BasicProperties.Type = answer.GetType().Name;
            Headers.SetTrace(send, activity?.Id);
        }
    }

    private Task HearAnswerAsync(ReceiveContext context)
    {
        if (Guid.TryParse(Headers.Text(context, MessageHeaders.RequestId), out var id) &&
            _asked.TryGetValue(id, out var asked))
        {
            var refused = Headers.Text(context, MessageHeaders.MessageType)?
                .Contains(nameof(CommandRefused), StringComparison.Ordinal) == true;
            ICommandAnswer? answer = refused
                ? JsonSerializer.Deserialize<CommandRefused>(context.GetBody(), ContractJson.Options)
                : JsonSerializer.Deserialize<CommandAccepted>(context.GetBody(), ContractJson.Options);
            if (answer is not null) asked.TrySetResult(answer);
        }

        return Task.CompletedTask;
    }
}
