using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
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
            new SlotHostSeat(options, cluster, node),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<SlotHost>>()));
        return services;
    }
}

/// <summary>Where a host of slots stands.</summary>
internal sealed record SlotHostSeat(SlotHostOptions Options, ClusterId Cluster, NodeId Node);

/// <summary>Opens a session for the host whenever it has none and its node's agent lives.</summary>
internal sealed class SlotHostService(
    ConsensusClient consensus, SlotHost host, SlotHostSeat seat, TimeProvider time, ILogger logger)
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
                if (await GenerationAsync(stoppingToken) is { } generation) await HostAsync(generation, stoppingToken);
                else Tell($"no agent of node {seat.Node} lives");
            }
            catch (Exception failure) when (
                failure is ConsensusUnavailableException or ConsensusRefusedException)
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
        if (reason != _told) Log.SlotSessionFailed(logger, reason);
        _told = reason;
    }

    /// <summary>The generation that the agent of the own node lives under; null while it does not.</summary>
    private async Task<Generation?> GenerationAsync(CancellationToken cancel)
    {
        var snapshot = await consensus.SnapshotAsync(cancel);
        var own = snapshot.Nodes.FirstOrDefault(known => known.Node == seat.Node.Value);
        return own is { Live: true } ? new Generation(own.Generation) : null;
    }

    private async Task HostAsync(Generation generation, CancellationToken stoppingToken)
    {
        await using var session = await HoldfastSession.OpenAsync(
            consensus,
            new HoldfastSessionOptions
            {
                Cluster = seat.Cluster,
                Node = seat.Node,
                Generation = generation,
                Name = RecoveryRoutes.SessionNameOf(seat.Node.Value),
                Ttl = seat.Options.SessionTtl,
                KeepAlive = seat.Options.KeepAlive,
            },
            stoppingToken);
        _told = "";
        await host.RunAsync(session, stoppingToken);
    }
}
