using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Hosting;
using Holdfast.Integration.World;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Integration.Words;

/// <summary>
/// The program of the README, word for word between the two marks: it waits on its node and takes over what is promoted
/// to its cluster.
/// </summary>
internal sealed class ReadmeOwner(HoldfastSystem system, EpochGate database, string nodeId, string queue)
    : IGrainProgram
{
    private readonly ConcurrentDictionary<(GrainId, Epoch), bool> _written = new();

    /// <summary>What it has claimed and written.</summary>
    public Sightings<(GrainId Grain, Epoch Epoch)> Served { get; } = new();

    public async Task RunAsync(Action ready, CancellationToken stop)
    {
        var (voters, tokenFile) = (system.ConsensusOptions.Endpoints, system.ConsensusOptions.TokenFile);
        var bus = new BusOptions { Host = system.Rabbit.Host, Port = system.Rabbit.Port };
        var redis = system.DirectoryOptions;
        var program = this;

        // README begins
        using var consensus = new ConsensusClient(
            new ConsensusClientOptions { Endpoints = voters, TokenFile = tokenFile });
        await using var directory = new RedisGrainDirectory(redis, NullLogger<RedisGrainDirectory>.Instance);

        // A session that names its node ends when the node is fenced. The node's agent told Consensus its generation.
        var node = (await consensus.SnapshotAsync(stop)).Nodes.Single(known => known.Node == nodeId);
        await using var session = await HoldfastSession.OpenAsync(
            consensus,
            new HoldfastSessionOptions
            {
                Cluster = new ClusterId(node.Cluster),
                Node = new NodeId(node.Node),
                Generation = new Generation(node.Generation),
                Name = "orders", // Shared by exactly the programs that keep these grains.
            },
            stop);

        // Claims what is promoted to the cluster, and has your IGrainProgram load each grain before it is served.
        var options = new GrainKeeperOptions { Types = ["order"] };
        await using var keeper = new GrainKeeper(consensus, directory, program, options);
        await using var events = HoldfastSubscriber.Connect(bus, queue).Hint(keeper);
        var keeping = keeper.RunAsync(session, stop);

        // Your work: ask first, send the epoch along, and tell what was refused. It is claimed again and loaded anew,
        // or lost.
        async Task WriteAsync(GrainId grain)
        {
            if (!keeper.TryServe(grain, out var epoch)) return;
            if (database.Pass(grain.ToString(), epoch).Passed) Written(grain, epoch);
            else await keeper.RefusedAsync(grain, epoch, stop);
        }
        // README ends

        await events.WhenReadyAsync();
        ready();
        await WorkAsync(keeper, WriteAsync, stop);
        await keeping;
    }

    public Task LoadAsync(HeldGrain grain, CancellationToken cancel) => Task.CompletedTask;

    public Task DrainAsync(HeldGrain grain, CancellationToken cancel) => Task.CompletedTask;

    public Task LostAsync(GrainLoss loss, CancellationToken cancel) => Task.CompletedTask;

    private static async Task WorkAsync(GrainKeeper keeper, Func<GrainId, Task> write, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                foreach (var grain in keeper.Held.Keys) await write(grain);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    private void Written(GrainId grain, Epoch epoch)
    {
        if (_written.TryAdd((grain, epoch), true)) Served.Add((grain, epoch));
    }
}
