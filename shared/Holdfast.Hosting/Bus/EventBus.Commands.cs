using System.Collections.Concurrent;
using System.Text.Json;
using Holdfast.Contracts;
using MassTransit;

namespace Holdfast.Hosting;

public sealed partial class EventBus
{
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
            await DemandReceiverAsync(command.GetType(), deadline.Token);
            await PublishAsync(command, requestId, traceParent: null, ready.InputAddress, deadline.Token);
            return await answer.Task.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException late) when (!cancel.IsCancellationRequested)
        {
            throw new BusUnavailableException(
                $"Nobody answered {command.GetType().Name} within {_options.PublishDeadline}.", late);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or BusUnavailableException))
        {
            throw new BusUnavailableException(Explain(failure, command.GetType(), "its exchange"), failure);
        }
        finally
        {
            _asked.TryRemove(requestId, out _);
        }
    }

    // Looks and never declares: whoever may declare the exchange of a command may delete it as well.
    private async Task DemandReceiverAsync(Type command, CancellationToken cancel)
    {
        var exchange = EventIdentity.ExchangeOf(command);
        if (_link is null || await _link.HasAsync(exchange, cancel)) return;
        throw new BusUnavailableException(NobodyAnswers(command, $"there is no exchange {exchange}"));
    }

    private string NobodyAnswers(Type command, string because) =>
        $"No process answers {command.Name} at {Address}: {because}.";

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
