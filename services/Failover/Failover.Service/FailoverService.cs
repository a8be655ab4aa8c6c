using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Configuration;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Directory;
using Holdfast.Failover.Service.Events;
using Holdfast.Failover.Service.Http;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service;

/// <summary>
/// Failover as part of a host. Needs <c>AddHoldfastDefaults</c> and <c>AddHoldfastBus</c>; several may live in one
/// process, each in a host of its own. An <see cref="IGrainDirectory"/> that is registered before is used.
/// </summary>
public static class FailoverService
{
    public static void AddFailover(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var node = builder.AddHoldfastOptions<NodeOptions>(NodeOptions.Section);
        builder.AddHoldfastOptions<FailoverOptions>(
            FailoverOptions.Section, options => FailoverRules.Problems(options, node.Cluster));
        var consensus = builder.AddHoldfastOptions<ConsensusClientOptions>(
            ConsensusClientOptions.Section, options => options.Problems());
        builder.AddHoldfastOptions<OutboxRelayOptions>(OutboxRelayOptions.Section, FailoverRules.Problems);
        builder.AddHoldfastOptions<DirectoryOptions, DirectoryOptionsValidator>(DirectoryOptions.Section);
        builder.AddGrainDirectory(DirectoryDuty.Failover);

        var services = builder.Services;
        services.AddSingleton(_ => new ConsensusClient(consensus));
        services.AddSingleton<FailoverMailbox>();
        services.AddSingleton(MachineOf);
        services.AddSingleton<SnapshotFeed>();
        services.AddSingleton<SnapshotReader>();
        services.AddSingleton<DefinitionWriter>();
        services.AddSingleton<FailoverSeat>();
        AddDirectoryWork(services);
        services.AddSingleton<IncidentClock>();
        services.AddSingleton<DeathReports>();
        services.AddSingleton<MeasuredPublisher>();
        services.AddSingleton<SweepTraces>();
        services.AddSingleton<NoticePublisher>();
        services.AddSingleton<FailoverWork>();
        services.AddSingleton<FailoverLoop>();
        services.AddSingleton<PauseDesk>();
        services.AddSingleton<ForceDesk>();
        services.AddSingleton<TransferSteps>();
        services.AddSingleton<TransferDesk>();
        services.AddSingleton<ISnapshotSource, FailoverSnapshot>();
        services.AddSingleton<IReadinessCheck, ConsensusReadiness>();
        services.AddSingleton<IReadinessCheck, GrainDirectoryReadiness>();

        // Stopped in reverse: the commands and hints first, the session last, so that the election is given up at once.
        services.AddHostedService(provider => provider.GetRequiredService<FailoverSeat>());
        services.AddHostedService(provider => provider.GetRequiredService<FailoverLoop>());
        services.AddHostedService(provider => provider.GetRequiredService<RelayKeeper>());
        services.AddHostedService<TombstoneKeeper>();
        services.AddDirectoryLossReports();
        services.AddHostedService<EventHints>();
        services.AddHostedService<PauseCommands>();
        services.AddHostedService(provider => provider.GetRequiredService<TransferDesk>());
    }

    public static void MapFailover(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapClusters();
        app.MapPlan();
        app.MapTransfers();
        app.MapGrains();
    }

    private static void AddDirectoryWork(IServiceCollection services)
    {
        services.AddSingleton<MemoryCalls>();
        services.AddSingleton<MemoryKeeper>();
        services.AddSingleton<RelayKeeper>();
        services.AddSingleton<ShardCaller>();
        services.AddSingleton<UpkeepCalls>();
        services.AddSingleton<OwnerCounts>();
    }

    private static FailoverMachine MachineOf(IServiceProvider provider) => new(
        provider.GetRequiredService<NodeOptions>().Cluster,
        provider.GetRequiredService<IGrainDirectory>().Shards,
        provider.GetRequiredService<FailoverOptions>(),
        new Random(SeedOf(provider.GetRequiredService<NodeOptions>().Id)));

    // Instances that failed together must not draw the same pauses.
    private static int SeedOf(NodeId node) => (int)RendezvousHash.Weight("failover/backoff", node.Value);
}
