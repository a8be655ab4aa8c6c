using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Configuration;
using Holdfast.Handoff.Service.Agent;
using Holdfast.Handoff.Service.Daemons;
using Holdfast.Handoff.Service.Events;
using Holdfast.Handoff.Service.Fencing;
using Holdfast.Handoff.Service.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service;

/// <summary>
/// The supervisor of a node as part of a host. Needs <c>AddHoldfastDefaults</c> and <c>AddHoldfastBus</c>; several may
/// live in one process, each in a host of its own. Consensus and the directory are wanted only where a daemon is
/// fenced. An <see cref="IGrainDirectory"/> that is registered before is used.
/// </summary>
public static class HandoffService
{
    public static void AddHandoff(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddHoldfastOptions<NodeOptions>(NodeOptions.Section);
        var options = builder.AddHoldfastOptions<HandoffOptions>(HandoffOptions.Section, HandoffRules.Problems);
        var services = builder.Services;
        if (options.Daemons.Any(daemon => daemon.Fenced)) AddFencing(builder);
        services.AddSingleton<AgentClient>();
        services.AddSingleton<HandoffLedger>();
        services.AddSingleton(provider => new KeeperParts(
            provider.GetRequiredService<NodeOptions>(),
            options,
            provider.GetRequiredService<AgentClient>(),
            provider.GetRequiredService<HandoffLedger>(),
            provider.GetRequiredService<IMonotonicClock>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<DaemonEpochs>()));
        services.AddSingleton<DaemonHost>();
        services.AddSingleton<HandoffDesk>();
        services.AddSingleton<ISnapshotSource>(provider => provider.GetRequiredService<DaemonHost>());
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<DaemonHost>());
        services.AddHostedService(provider => provider.GetRequiredService<DaemonHost>());
        services.AddHostedService<HandoffCommands>();

        // A daemon that is told to stop is given its time, and the host must outlast it.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ExitGrace + TimeSpan.FromSeconds(10));
    }

    /// <summary>Maps <c>/v1/daemons</c> and <c>/v1/handoffs</c>.</summary>
    public static void MapHandoff(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        DaemonEndpoints.Map(app);
    }

    private static void AddFencing(WebApplicationBuilder builder)
    {
        var consensus = builder.AddHoldfastOptions<ConsensusClientOptions>(
            ConsensusClientOptions.Section, options => options.Problems());
        builder.AddHoldfastOptions<DirectoryOptions, DirectoryOptionsValidator>(DirectoryOptions.Section);
        builder.AddGrainDirectory();
        builder.Services.AddSingleton(_ => new ConsensusClient(consensus));
        builder.Services.AddSingleton<DaemonEpochs>();
    }
}
