using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>Keeping grains as part of a program.</summary>
public static class GrainKeeperHosting
{
    /// <summary>
    /// Keeps grains for as long as the program runs, under sessions of its own that name the node; after the loss of
    /// one it opens the next as soon as the node's agent lives. Needs a <see cref="ConsensusClient"/> and an
    /// <see cref="IGrainDirectory"/>. The program and the <see cref="GrainKeeper"/> are singletons.
    /// </summary>
    /// <typeparam name="TProgram">Loads, drains and forgets grains; registered unless it is already.</typeparam>
    /// <param name="services">Of the program's host.</param>
    /// <param name="options">Which types it keeps, and its bounds.</param>
    /// <param name="name">
    /// What the programs that share these grains are called, and no others; the name of their sessions.
    /// </param>
    /// <param name="cluster">The cluster of the node.</param>
    /// <param name="node">The node this program runs on; its agent must live before anything is claimed.</param>
    /// <exception cref="InvalidOperationException">The host has a keeper already.</exception>
    public static IServiceCollection AddGrainKeeper<TProgram>(
        this IServiceCollection services, GrainKeeperOptions options, string name, ClusterId cluster, NodeId node)
        where TProgram : class, IGrainProgram
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (services.Any(service => service.ServiceType == typeof(GrainKeeper)))
        {
            throw new InvalidOperationException(
                "This host has a grain keeper already. One keeps any number of types: name them all in its options.");
        }

        services.TryAddSingleton<TProgram>();
        services.AddSingleton(provider => new GrainKeeper(
            provider.GetRequiredService<ConsensusClient>(),
            provider.GetRequiredService<IGrainDirectory>(),
            provider.GetRequiredService<TProgram>(),
            options,
            provider.GetService<ILogger<GrainKeeper>>(),
            provider.GetService<TimeProvider>()));
        services.AddHostedService(provider => new GrainKeeperService(
            provider.GetRequiredService<ConsensusClient>(),
            provider.GetRequiredService<GrainKeeper>(),
            new NodeSeat(cluster, node),
            name,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<GrainKeeper>>()));
        return services;
    }
}

/// <summary>Opens a session for the keeper whenever it has none and its node's agent lives.</summary>
internal sealed class GrainKeeperService(
    ConsensusClient consensus, GrainKeeper keeper, NodeSeat seat, string name, TimeProvider time, ILogger logger)
    : NodeSessionService(consensus, seat, time)
{
    protected override HoldfastSessionOptions SessionOf(Generation generation) => new()
    {
        Cluster = Seat.Cluster,
        Node = Seat.Node,
        Generation = generation,
        Name = name,
    };

    protected override Task WorkAsync(HoldfastSession session, CancellationToken stoppingToken)
    {
        Log.KeeperRuns(logger, session.Id.ToString(), Seat.Node.Value);
        return keeper.RunAsync(session, stoppingToken);
    }

    protected override void Tell(string reason) => Log.KeeperWithoutSession(logger, reason);
}
