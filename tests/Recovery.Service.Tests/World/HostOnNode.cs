using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Service.Tests.World;

/// <summary>A program on a node that hosts slots, under a session of its own.</summary>
internal sealed class HostOnNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly HoldfastSession _session;
    private readonly SlotHost _host;
    private readonly Task _running;

    private HostOnNode(HoldfastSession session, SlotHost host, Program program)
    {
        (_session, _host, Slots) = (session, host, program.Runs);
        _running = host.RunAsync(session, _over.Token);
    }

    /// <summary>What runs, with the epoch that goes along with its writes.</summary>
    public ConcurrentDictionary<SlotId, Epoch> Slots { get; }

    public static async Task<HostOnNode> StartAsync(
        ConsensusClient consensus, NodeId node, ClusterId cluster, Uri recovery, int capacity)
    {
        var program = new Program();
        var session = await HoldfastSession.OpenAsync(
            consensus,
            new HoldfastSessionOptions
            {
                Cluster = cluster,
                Node = node,
                Generation = new Generation(1),
                Name = RecoveryRoutes.SessionNameOf(node.Value),
            },
            TestContext.Current.CancellationToken);
        var options = new SlotHostOptions
        {
            Endpoints = [recovery.ToString()],
            Capacity = capacity,
            Interval = TimeSpan.FromMilliseconds(100),
        };
        return new HostOnNode(session, new SlotHost(options, program), program);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _running;
        await _session.DisposeAsync();
        _host.Dispose();
        _over.Dispose();
    }

    private sealed class Program : ISlotProgram
    {
        public ConcurrentDictionary<SlotId, Epoch> Runs { get; } = [];

        public Task StartAsync(SlotRun run, CancellationToken cancel)
        {
            Runs[run.Slot] = run.Epoch;
            return Task.CompletedTask;
        }

        public Task StopAsync(SlotRun run, CancellationToken cancel)
        {
            Runs.TryRemove(run.Slot, out _);
            return Task.CompletedTask;
        }
    }
}
