using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Client.Bus;

/// <summary>The hints of the bus for a program that hosts slots.</summary>
public static class SlotNudging
{
    /// <summary>
    /// Has the host of slots sync at once when Recovery orders something of its node, for as long as the program runs.
    /// Needs <c>AddSlotHost</c> and the <see cref="ICommandBus"/> of <c>AddHoldfastBus</c>.
    /// </summary>
    /// <param name="services">Of the program's host.</param>
    /// <param name="queue">The program's name on the bus, one per process.</param>
    /// <param name="node">The node of the host.</param>
    public static IServiceCollection AddSlotNudges(this IServiceCollection services, string queue, NodeId node) =>
        services.AddHostedService(provider => new SlotNudges(
            provider.GetRequiredService<ICommandBus>(), provider.GetRequiredService<SlotHost>(), queue, node));
}

/// <summary>Listens to the orders of one node.</summary>
internal sealed class SlotNudges(ICommandBus bus, SlotHost host, string queue, NodeId node) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    /// <summary>Subscribes; what to do comes with the sync, for an order on the bus may be late or deposed.</summary>
    public static IEnumerable<IAsyncDisposable> Listen(ICommandBus bus, SlotHost host, string queue, NodeId node)
    {
        yield return bus.RespondTo<StartSlot>(
            queue, start => start.NodeId == node.Value, (start, _) => NudgeAsync(host, start));
        yield return bus.RespondTo<StopSlot>(
            queue, stop => stop.NodeId == node.Value, (stop, _) => NudgeAsync(host, stop));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscriptions.AddRange(Listen(bus, host, queue, node));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }

    private static Task<ICommandAnswer> NudgeAsync(SlotHost host, ICommand order)
    {
        host.Nudge();
        return Task.FromResult<ICommandAnswer>(new CommandAccepted { CommandId = order.CommandId });
    }
}
