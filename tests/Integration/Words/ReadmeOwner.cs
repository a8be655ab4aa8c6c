using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts;
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
{
    /// <summary>What it has claimed and written.</summary>
    public Sightings<(GrainId Grain, Epoch Epoch)> Served { get; } = new();

    public async Task RunAsync(Action ready, CancellationToken stop)
    {
        var (voters, tokenFile) = (system.ConsensusOptions.Endpoints, system.ConsensusOptions.TokenFile);
        var bus = new BusOptions { Host = system.Rabbit.Host, Port = system.Rabbit.Port };
        var redis = system.DirectoryOptions;

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
            },
            stop);

        var claims = new GrainClaims(directory, session);
        await using var events = HoldfastSubscriber.Connect(bus, queue).On<GrainPromoted>(async (promoted, cancel) =>
        {
            if (promoted.ToCluster != node.Cluster) return;
            var grains = promoted.Grains.Select(grain => new GrainId(grain.Type, grain.Key)).ToList();
            foreach (var claim in await claims.ClaimAsync(grains, cancel))
            {
                if (claim.IsHeld) Serve(claim.Grain, claim.Record!.Epoch);
            }
        });

        // Load the state, then write: the epoch goes along, and the database refuses a lower one than it has seen.
        void Serve(GrainId grain, Epoch epoch)
        {
            if (database.Pass(grain.ToString(), epoch).Passed) Served.Add((grain, epoch));
        }
        // README ends

        await events.WhenReadyAsync();
        ready();
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
