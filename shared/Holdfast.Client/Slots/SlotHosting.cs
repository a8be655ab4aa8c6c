using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>Hosting of slots as part of a program.</summary>
public static class SlotHosting
{
    /// <summary>
    /// Hosts slots for as long as the program runs, under sessions of its own that name the node. Needs a
    /// <see cref="ConsensusClient"/>. The program and the <see cref="SlotHost"/> are singletons.
    /// </summary>
    /// <typeparam name="TProgram">Starts and stops slots; registered unless it is already.</typeparam>
    /// <param name="services">Of the program's host.</param>
    /// <param name="options">Where Recovery is, and how much the host takes.</param>
    /// <param name="cluster">The cluster of the node.</param>
    /// <param name="node">The node this program runs on; its agent must live before slots are hosted.</param>
    public static IServiceCollection AddSlotHost<TProgram>(
        this IServiceCollection services, SlotHostOptions options, ClusterId cluster, NodeId node)
        where TProgram : class, ISlotProgram
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<TProgram>();
        services.AddSingleton(provider => new SlotHost(
            options, provider.GetRequiredService<TProgram>(), provider.GetService<ILogger<SlotHost>>()));
        services.AddHostedService(provider => new SlotHostService(
            provider.GetRequiredService<ConsensusClient>(),
            provider.GetRequiredService<SlotHost>(),
            new NodeSeat(cluster, node),
            options,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<SlotHost>>()));
        return services;
    }
}

/// <summary>Opens a session for the host whenever it has none and its node's agent lives.</summary>
internal sealed class SlotHostService(
    ConsensusClient consensus, SlotHost host, NodeSeat seat, SlotHostOptions options, TimeProvider time, ILogger logger)
    : NodeSessionService(consensus, seat, time)
{
    protected override HoldfastSessionOptions SessionOf(Generation generation) => new()
    {
        Cluster = Seat.Cluster,
        Node = Seat.Node,
        Generation = generation,
        Name = RecoveryRoutes.SessionNameOf(Seat.Node.Value),
        Ttl = options.SessionTtl,
        KeepAlive = options.KeepAlive,
    };

    protected override Task WorkAsync(HoldfastSession session, CancellationToken stoppingToken) =>
        host.RunAsync(session, stoppingToken);

    protected override void Tell(string reason) => Log.SlotSessionFailed(logger, reason);
}
