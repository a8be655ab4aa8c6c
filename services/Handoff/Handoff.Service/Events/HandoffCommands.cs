using Holdfast.Contracts;
using Holdfast.Handoff.Service.Daemons;
using Holdfast.Hosting;

namespace Holdfast.Handoff.Service.Events;

/// <summary>
/// Answers the commands of the bus that name this node; each supervisor hears them all and leaves the others' alone.
/// </summary>
internal sealed class HandoffCommands(
    ICommandBus bus, HandoffDesk desk, NodeOptions node, ILogger<HandoffCommands> logger) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var queue = $"holdfast.handoff.{node.Id}";
        try
        {
            _subscriptions.Add(bus.RespondTo<RequestHandoff>(queue, IsOurs, HandOverAsync));
            _subscriptions.Add(bus.RespondTo<AbortHandoff>(queue, IsOurs, AbortAsync));
        }
        catch (InvalidOperationException)
        {
            // Another supervisor of this process answers for the same node on the same bus.
            Log.CommandsAnsweredElsewhere(logger);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }

    private bool IsOurs(RequestHandoff command) => command.NodeId == node.Id.Value;

    private bool IsOurs(AbortHandoff command) => command.NodeId == node.Id.Value;

    // The command's id is the handoff's, so that who asked finds what came of it. A repeat is answered alike for as
    // long as this process remembers; after a restart it is a wish like any other, one more handoff to the same build.
    private async Task<ICommandAnswer> HandOverAsync(RequestHandoff command, CancellationToken cancel) => Of(
        command.CommandId, await desk.HandOverAsync(command.Daemon, command.Build, command.CommandId, cancel));

    private async Task<ICommandAnswer> AbortAsync(AbortHandoff command, CancellationToken cancel) => Of(
        command.CommandId, await desk.AbortAsync(command.Daemon, command.Reason ?? "asked by command", cancel));

    private static ICommandAnswer Of(Guid command, DeskOutcome outcome) => outcome.Code is null
        ? new CommandAccepted { CommandId = command, Detail = $"{outcome.Handoff}: {outcome.Detail}" }
        : new CommandRefused
        {
            CommandId = command,
            Code = outcome.Code,
            Detail = outcome.Detail,
            Legal = "A configured daemon: to hand over, one that serves and is not being handed over, and a build " +
                "inside its folder; to abort, one that is being handed over and whose successor is not ready, and a " +
                "reason of 1 to 200 characters.",
        };
}
