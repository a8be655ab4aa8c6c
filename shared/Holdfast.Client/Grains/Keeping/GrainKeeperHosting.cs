using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
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
    /// <param name="name">What the programs that share these grains are called; the name of their sessions.</param>
    /// <param name="cluster">The cluster of the node.</param>
    /// <param name="node">The node this program runs on; its agent must live before anything is claimed.</param>
    /// <exception cref="InvalidOperationException">The host has a keeper already.</exception>
    public static IServiceCollection AddGrainKeeper<TProgram>(
        this IServiceCollection services, GrainKeeperOptions options, string name, ClusterId cluster, NodeId node)
        where TProgram : class, IGrainProgram
    {
        ArgumentNullException.ThrowIfNull(services);
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
            new GrainKeeperSeat(name, cluster, node),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<GrainKeeper>>()));
        return services;
    }
}

/// <summary>Where a keeper of grains stands.</summary>
internal sealed record GrainKeeperSeat(string Name, ClusterId Cluster, NodeId Node);

/// <summary>Opens a session for the keeper whenever it has none and its node's agent lives.</summary>
internal sealed class GrainKeeperService(
    ConsensusClient consensus, GrainKeeper keeper, GrainKeeperSeat seat, TimeProvider time, ILogger logger)
    : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private string _told = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await SessionAsync(stoppingToken) is { } wanted) await KeepAsync(wanted, stoppingToken);
                else Tell($"no agent of node {seat.Node} lives");
            }
            catch (Exception failure) when (failure is ConsensusUnavailableException or ConsensusRefusedException)
            {
                Tell(failure.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(PauseAfterFailure, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Says why there is no session, once per reason and not twice a second.</summary>
    private void Tell(string reason)
    {
        if (reason != _told) Log.KeeperWithoutSession(logger, reason);
        _told = reason;
    }

    /// <summary>The session to open, with the node, so that a fence ends it; null while its agent is gone.</summary>
    private async Task<HoldfastSessionOptions?> SessionAsync(CancellationToken cancel)
    {
        var snapshot = await consensus.SnapshotAsync(cancel);
        var own = snapshot.Nodes.FirstOrDefault(known => known.Node == seat.Node.Value);
        return own is not { Live: true }
            ? null
            : new HoldfastSessionOptions
            {
                Cluster = seat.Cluster,
                Node = seat.Node,
                Generation = new Generation(own.Generation),
                Name = seat.Name,
            };
    }

    private async Task KeepAsync(HoldfastSessionOptions wanted, CancellationToken stoppingToken)
    {
        await using var session = await HoldfastSession.OpenAsync(consensus, wanted, stoppingToken);
        _told = "";
        Log.KeeperRuns(logger, session.Id.ToString(), seat.Node.Value);
        await keeper.RunAsync(session, stoppingToken);
        if (session.LostReason is { IsCompleted: true } lost)
            Tell($"session {session.Id} is lost: {(await lost).Detail}");
    }
}
