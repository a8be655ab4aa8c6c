using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Tests.Slots;

/// <summary>The host of slots as part of a program, and its options.</summary>
public sealed class SlotHostingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_a_program_the_host_opens_a_session_for_its_node_as_soon_as_the_agent_lives()
    {
        await using var cluster = await PaperCluster.StartAsync();
        await using var recovery = await PaperRecovery.StartAsync();
        var program = new WatchedProgram();
        recovery.Orders =
        [
            new SlotOrder
            {
                Group = "orders",
                Slot = 0,
                Kind = "replica",
                Epoch = Epoch.First(new Token(20)).ToString(),
                Action = SlotOrder.Start,
            },
        ];
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddSingleton(cluster.Client);
        builder.Services.AddSingleton(program);
        builder.Services.AddSlotHost<WatchedProgram>(
            new SlotHostOptions { Endpoints = [recovery.Url] }, new ClusterId("west"), new NodeId("west-1"));
        using var host = builder.Build();

        await host.StartAsync(Cancel);
        await cluster.Voter.NextAsync("a look at the nodes", seen => seen.Path == ConsensusRoutes.Snapshot);
        cluster.Voter.Requests.ShouldNotContain(seen => seen.Path == ConsensusRoutes.Sessions);
        cluster.Consensus.LiveNode = "west-1";
        var opened = await cluster.Voter.NextAsync("a session", seen => seen.Path == ConsensusRoutes.Sessions);
        await program.StartedAsync();
        await host.StopAsync(Cancel);

        opened.Body.ShouldContain("\"node\":\"west-1\"");
        opened.Body.ShouldContain("\"generation\":7");
        program.Stops.ShouldBe(1);
        cluster.Voter.Requests.Last().Method.ShouldBe("DELETE");
    }

    [Fact]
    public void Wrong_options_are_all_named_with_their_values()
    {
        var wrong = new SlotHostOptions
        {
            Endpoints = ["ftp://x"],
            Capacity = -1,
            Interval = TimeSpan.Zero,
            Deadline = TimeSpan.Zero,
            StopDeadline = TimeSpan.Zero,
            SessionTtl = TimeSpan.FromSeconds(1),
        };

        wrong.Problems().ShouldBe(
        [
            "SlotHost:Endpoints has 'ftp://x'; absolute http or https URLs are wanted.",
            "SlotHost:Capacity is -1; 0 to 10000 is wanted.",
            "SlotHost:Interval is 00:00:00; 00:00:00.050 to 00:01:00 is wanted.",
            "SlotHost:Deadline is 00:00:00; 00:00:00.100 to 00:01:00 is wanted.",
            "SlotHost:StopDeadline is 00:00:00; 00:00:00.100 to 00:10:00 is wanted.",
            "SlotHost:KeepAlive is 00:00:01; 00:00:00.050 to a third of SlotHost:SessionTtl (00:00:01) is wanted.",
        ]);
        new SlotHostOptions().Problems().ShouldBe(
            ["SlotHost:Endpoints is empty; at least one URL of a Recovery instance is wanted."]);
        Should.Throw<ArgumentException>(() => new SlotHost(wrong, new WatchedProgram()))
            .Message.ShouldContain("SlotHost:Capacity is -1");
    }
}
