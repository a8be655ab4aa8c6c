using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Standalone.Nodes;

/// <summary>A slot that a process says it runs.</summary>
internal sealed record RunningSlot(string Group, int Slot, string Epoch);

/// <summary>
/// Makes the program of a node a host of slots, as a user would: Recovery of its cluster gives it some and takes them
/// away.
/// </summary>
internal static class ReplicaHosting
{
    public const int Capacity = 4;

    public static void AddReplicas(
        this WebApplicationBuilder builder, NodeAssignment assignment, ConsensusClient consensus, IEventSubscriber bus)
    {
        var node = new NodeId(assignment.Self.Node);
        builder.Services.AddSingleton(consensus);
        builder.Services.AddSlotHost<ReplicaProgram>(
            new SlotHostOptions
            {
                Endpoints = [.. assignment.Recoveries.Select(recovery => recovery.ToString())],
                TokenFile = assignment.TokenFile,
                Capacity = Capacity,
            },
            new ClusterId(assignment.Self.Cluster),
            node);
        builder.Services.AddHostedService(provider =>
            new Nudges(bus, provider.GetRequiredService<SlotHost>(), node));
    }

    public static void MapReplicas(this WebApplication app) => app.MapGet(
        "/v1/slots",
        (ReplicaProgram program) => program.Running.Select(slot =>
            new RunningSlot(slot.Key.Group.Value, slot.Key.Index, slot.Value.ToString())));

    /// <summary>Without it a host hears of an order with its next sync.</summary>
    private sealed class Nudges(IEventSubscriber bus, SlotHost host, NodeId node)
        : IHostedService, IAsyncDisposable
    {
        private readonly HoldfastSubscriber _subscriber = new(bus, $"slots.{node}");

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _subscriber.Nudge(host, node);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => _subscriber.DisposeAsync();
    }
}
