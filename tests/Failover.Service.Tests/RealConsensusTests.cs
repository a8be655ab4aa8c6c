using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests;

/// <summary>The same on three real voters: what is on paper elsewhere is what they do.</summary>
public sealed class RealConsensusTests
{
    [Fact]
    public async Task A_cluster_whose_only_node_is_fenced_by_three_voters_is_inherited()
    {
        await using var bus = EventBus.Open(
            new BusOptions { Transport = BusTransport.Memory }, NullLoggerFactory.Instance);
        await using var voters = await ThreeVoters.StartAsync(bus);
        await using var world = await IncidentWorld.StartOnAsync(voters.Endpoints);
        using var consensus = new ConsensusClient(new ConsensusClientOptions
        {
            Endpoints = voters.Endpoints,
            Deadline = TimeSpan.FromSeconds(20),
        });
        await using var west = await AgentAsync(consensus, "w1", "west");
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);

        await using (var east = await AgentAsync(consensus, "e1", "east"))
        {
            var grains = await world.OwnAsync(200, "east", east.Id, east.Token);

            // Its agent keeps the session alive: refused, whatever the observers say.
            (await FenceAsync(consensus)).Outcome.ShouldBe("refused");
            await east.DisposeAsync();
            (await FenceAsync(consensus)).Outcome.ShouldBe("fenced");
            var completed = await world.Heard.WaitForAsync<FailoverCompleted>("after the fence");
            completed.Promoted.ShouldBe(200);
            (await world.CountAsync(grains, "west")).ShouldBe(200);
        }
    }

    private static Task<HoldfastSession> AgentAsync(ConsensusClient consensus, string node, string cluster) =>
        HoldfastSession.OpenAsync(
            consensus,
            new HoldfastSessionOptions
            {
                Cluster = new ClusterId(cluster),
                Node = new NodeId(node),
                Generation = new Generation(1),
                Agent = true,
                KeepAlive = TimeSpan.FromMilliseconds(250),
            },
            TestContext.Current.CancellationToken);

    // A leader in its first moments knows nothing yet, and says so.
    private static async Task<FenceAnswer> FenceAsync(ConsensusClient consensus)
    {
        while (true)
        {
            var answer = await consensus.FenceAsync(
                new FenceRequest
                {
                    Node = "e1",
                    Cluster = "east",
                    Generation = 1,
                    SilentFor = TimeSpan.FromSeconds(2),
                    Cause = "silence",
                    Reporter = "w1",
                    Observers = [],
                },
                traceParent: null,
                TestContext.Current.CancellationToken);
            if (answer.Demand().Outcome != "retry") return answer.Demand();
        }
    }
}
