using System.Diagnostics;
using System.Net.Mime;
using System.Text.Json;
using Holdfast.Contracts;
using MassTransit;
using RabbitMQ.Client;

namespace Holdfast.Hosting;

public sealed partial class EventBus
{
    private async Task RespondAsync<TCommand>(
        ReceiveContext context, string exchange, CommandResponder<TCommand> responder)
        where TCommand : class, ICommand
    {
        using var activity = Telemetry.StartConsume(exchange, Headers.TraceOf(context));
        if (await responder.AnswerAsync(context.GetBody(), context.CancellationToken) is not { } answer) return;
        Telemetry.Consumed(exchange, answer is CommandAccepted ? "accepted" : "refused");
        var reply = new Reply(answer, Headers.Text(context, MessageHeaders.RequestId), activity);
        var address = Headers.Text(context, MessageHeaders.ResponseAddress);
        if (_link is { } link) await ReplyAsync(link, context, address, reply, typeof(TCommand));
        else if (address is not null) await ReplyInMemoryAsync(address, reply);
    }

    // To the exchange of the sender's queue for answers. A plain AMQP client may have named another queue of its own,
    // which only the exchange without a name reaches; where that is not allowed the broker says so. What is named is
    // never taken for any other exchange: it is the sender's word, and the rights are the responder's.
    private async Task ReplyAsync(
        BrokerLink link, ReceiveContext context, string? address, Reply reply, Type command)
    {
        var request = context.TryGetPayload<RabbitMqBasicConsumeContext>(out var amqp) ? amqp.Properties : null;
        var name = address is null ? request?.ReplyTo : NameOf(address);
        if (string.IsNullOrEmpty(name)) return;
        var isAnswers = name.StartsWith(BusFactory.AnswerPrefix, StringComparison.Ordinal);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        deadline.CancelAfter(_options.PublishDeadline);
        var refusal = isAnswers || address is null
            ? await link.TryPublishAsync(
                isAnswers ? name : "", name, reply.ToProperties(request?.CorrelationId), reply.Body,
                deadline.Token)
            : $"wanted is a name that begins with {BusFactory.AnswerPrefix}";
        if (refusal is not null) Log.AnswerRefused(_logger, command.Name, reply.Answer.CommandId, name, refusal);
    }

    private async Task ReplyInMemoryAsync(string address, Reply reply)
    {
        var endpoint = await _bus.GetSendEndpoint(new Uri(address));
        await endpoint.Send(reply.Answer, reply.Type, Pipe.New<SendContext>(pipe => pipe.UseExecute(send =>
        {
            send.Serializer = new PlainJson(reply.Body);
            foreach (var (name, value) in reply.Headers) send.Headers.Set(name, value);
        })));
    }

    private static string? NameOf(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Segments[^1] : null;

    private sealed record Reply(ICommandAnswer Answer, string? RequestId, Activity? Activity)
    {
        public Type Type => Answer.GetType();

        public byte[] Body { get; } =
            JsonSerializer.SerializeToUtf8Bytes(Answer, Answer.GetType(), ContractJson.Options);

        public IEnumerable<KeyValuePair<string, string>> Headers
        {
            get
            {
                yield return new(MessageHeaders.MessageType, MessageUrn.ForTypeString(Type));
                if (RequestId is not null) yield return new(MessageHeaders.RequestId, RequestId);
                if (Activity?.Id is { } trace) yield return new(Hosting.Headers.TraceParent, trace);
                if (Activity?.TraceStateString is { } state) yield return new(Hosting.Headers.TraceState, state);
            }
        }

        public BasicProperties ToProperties(string? correlationId) => new()
        {
            ContentType = MediaTypeNames.Application.Json,
            Type = Type.Name,
            MessageId = $"{Guid.NewGuid()}",
            CorrelationId = correlationId,
            Headers = Headers.ToDictionary(pair => pair.Key, pair => (object?)pair.Value, StringComparer.Ordinal),
        };
    }
}
