using Holdfast.Client;
using Holdfast.Gossip.Service.Workloads;
using Holdfast.Hosting;

namespace Holdfast.Gossip.Service;

/// <summary>The Gossip service as a part of a host. Nothing is shared between hosts of one process.</summary>
public static class GossipService
{
    /// <summary>
    /// Adds one agent, configured by the sections <c>Node</c>, <c>Gossip</c> and <c>ConsensusClient</c>. Wants
    /// <c>AddHoldfastDefaults</c> and <c>AddHoldfastBus</c>.
    /// </summary>
    public static void AddGossip(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var node = builder.AddHoldfastOptions<NodeOptions>(NodeOptions.Section);
        builder.AddHoldfastOptions<GossipServiceOptions>(
            GossipServiceOptions.Section, GossipRules.Problems, _ => GossipRules.Problems(node));
        builder.AddHoldfastOptions<ConsensusClientOptions>(
            ConsensusClientOptions.Section, options => options.Problems());
        var services = builder.Services;
        services.AddSingleton(provider => new ConsensusClient(provider.GetRequiredService<ConsensusClientOptions>()));
        services.AddSingleton<GossipMembers>();
        services.AddSingleton<ChangeAnnouncer>();
        services.AddSingleton<FenceCaller>();
        services.AddSingleton<NodeSession>();
        services.AddSingleton<AgentParts>();
        services.AddSingleton<GossipAgent>();
        services.AddSingleton<GossipAnswers>();
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<NodeSession>());
        services.AddSingleton<ISnapshotSource>(provider => provider.GetRequiredService<GossipAnswers>());
        services.AddSingleton<WorkloadDesk>();
        services.AddHostedService(provider => provider.GetRequiredService<GossipAgent>());
        services.AddHostedService(provider => provider.GetRequiredService<WorkloadDesk>());
    }

    /// <summary>
    /// Maps <c>/v1/members</c>, <c>/v1/members/{node}</c>, <c>/v1/leave</c>, <c>/v1/workloads</c> and
    /// <c>/v1/planned-silence</c>.
    /// </summary>
    public static void MapGossip(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        GossipEndpoints.Map(app);
        WorkloadEndpoints.Map(app);
    }
}
