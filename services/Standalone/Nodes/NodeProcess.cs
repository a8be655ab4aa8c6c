using Holdfast.Directory;
using Holdfast.Failover.Service;
using Holdfast.Gossip.Service;
using Holdfast.Handoff.Service;
using Holdfast.Hosting;
using Holdfast.Recovery.Service;
using Holdfast.Standalone.Hub;
using Holdfast.Standalone.Processes;

namespace Holdfast.Standalone.Nodes;

/// <summary>
/// One node of a cluster, all of it in one process, so that killing the process kills all of it: the Gossip agent, an
/// instance of Failover and one of Recovery for its cluster, and in the demo the program that owns grains and hosts
/// slots, and on one of them the supervisor of a daemon.
/// </summary>
internal static class NodeProcess
{
    private static readonly TimeSpan HubDeadline = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(string assignmentFile)
    {
        using var signals = Signals.OfChild();
        var parentGone = ChildSide.ParentGone();
        var assignment = NodeAssignment.Read(assignmentFile);
        using var logging = LoggerFactory.Create(Hosts.LogToStandardError);
        await using var bus = new HubBus(assignment.Hub, assignment.TokenFile, logging);
        await bus.Connected.WaitAsync(HubDeadline);
        await using var gossip = await Hosts.RunAsync(Gossip(assignment, bus));
        await using var failover = await Hosts.RunAsync(Failover(assignment, bus));
        await using var recovery = assignment.HostsRecovery
            ? await Hosts.RunAsync(Recovery(assignment, bus))
            : null;
        await using var supervisor = assignment.Daemon is { } daemon
            ? await Hosts.RunAsync(Supervisor(assignment, daemon, bus))
            : null;
        await using var owner = assignment.OwnsGrains
            ? await OwnerHost.StartAsync(assignment, failover.Services.GetRequiredService<IGrainDirectory>(), bus)
            : null;
        ChildSide.SayReady(assignment.Self.Node);
        await Task.WhenAny(parentGone, Task.Delay(Timeout.InfiniteTimeSpan, signals.Stop));
        return 0;
    }

    private static WebApplication Gossip(NodeAssignment assignment, HubBus bus)
    {
        var builder = Hosts.NewBuilder(
            "gossip", assignment.Self.GossipHttp, NodeSettings.Of(assignment), telemetry: true);
        bus.AddTo(builder);
        builder.AddHoldfastBus();
        builder.AddGossip();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapGossip();
        return app;
    }

    private static WebApplication Failover(NodeAssignment assignment, HubBus bus)
    {
        var builder = Hosts.NewBuilder("failover", assignment.Self.FailoverHttp, NodeSettings.Of(assignment));
        bus.AddTo(builder);
        builder.AddHoldfastBus();
        builder.AddFailover();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapFailover();
        return app;
    }

    private static WebApplication Recovery(NodeAssignment assignment, HubBus bus)
    {
        var builder = Hosts.NewBuilder("recovery", assignment.Self.RecoveryHttp, NodeSettings.Of(assignment));
        bus.AddTo(builder);
        builder.AddHoldfastBus();
        builder.AddRecovery();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapRecovery();
        return app;
    }

    private static WebApplication Supervisor(NodeAssignment assignment, DaemonEntry daemon, HubBus bus)
    {
        var builder = Hosts.NewBuilder("handoff", daemon.SupervisorHttp, DaemonSettings.Of(assignment, daemon));
        bus.AddTo(builder);
        builder.AddHoldfastBus();
        builder.AddHandoff();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapHandoff();
        return app;
    }
}
