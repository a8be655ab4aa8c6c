using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Configuration;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Consensus;
using Holdfast.Recovery.Service.Directory;
using Holdfast.Recovery.Service.Events;
using Holdfast.Recovery.Service.Http;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service;

/// <summary>
/// Recovery as part of a host. Needs <c>AddHoldfastDefaults</c> and <c>AddHoldfastBus</c>; several may live in one
/// process, each in a host of its own. A grain directory that is registered before is used. The events of slots are in
/// the directory's outbox, which Failover relays.
/// </summary>
public static class RecoveryService
{
    public static void AddRecovery(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddHoldfastOptions<NodeOptions>(NodeOptions.Section);
        builder.AddHoldfastOptions<RecoveryOptions>(RecoveryOptions.Section, RecoveryRules.Problems);
        var consensus = builder.AddHoldfastOptions<ConsensusClientOptions>(
            ConsensusClientOptions.Section, options => options.Problems());
        builder.AddHoldfastOptions<DirectoryOptions, DirectoryOptionsValidator>(DirectoryOptions.Section);
        builder.AddGrainDirectory(DirectoryDuty.Recovery);

        var services = builder.Services;
        services.AddSingleton(_ => new ConsensusClient(consensus));
        services.AddSingleton<RecoveryMailbox>();
        services.AddSingleton(MachineOf);
        services.AddSingleton<SnapshotFeed>();
        services.AddSingleton<WorldReader>();
        services.AddSingleton<RecoverySeat>();
        services.AddSingleton<GroupCaller>();
        services.AddSingleton<HostNudger>();
        services.AddSingleton<RecoveryWork>();
        services.AddSingleton<RecoveryLoop>();
        services.AddSingleton<GroupDesk>();
        services.AddSingleton<NodeDesk>();
        services.AddSingleton<SyncDesk>();
        services.AddSingleton<ISnapshotSource, RecoverySnapshot>();
        services.AddSingleton<IReadinessCheck, ConsensusReadiness>();
        services.AddSingleton<IReadinessCheck, GrainDirectoryReadiness>();

        // Stopped in reverse: the commands and hints first, the session last, so that the election is given up at once.
        services.AddHostedService(provider => provider.GetRequiredService<RecoverySeat>());
        services.AddHostedService(provider => provider.GetRequiredService<RecoveryLoop>());
        services.AddHostedService(provider => provider.GetRequiredService<HostNudger>());
        services.AddDirectoryLossReports();
        services.AddHostedService<EventHints>();
        services.AddHostedService<CommandDesk>();
    }

    public static void MapRecovery(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGroups();
        app.MapHosts();
    }

    private static RecoveryMachine MachineOf(IServiceProvider provider) => new(
        provider.GetRequiredService<NodeOptions>().Cluster,
        provider.GetRequiredService<RecoveryOptions>(),
        new Random(SeedOf(provider.GetRequiredService<NodeOptions>().Id)));

    // Instances that failed together must not draw the same pauses.
    private static int SeedOf(NodeId node) => (int)RendezvousHash.Weight("recovery/backoff", node.Value);
}
