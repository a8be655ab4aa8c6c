using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static Holdfast.Client.Tests.Grains.KeeperWorld;

namespace Holdfast.Client.Tests.Grains;

public sealed class GrainKeeperHostingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_keeps_grains_while_its_node_lives_and_opens_the_next_session_after_a_loss()
    {
        await using var world = await StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddSingleton(world.Consensus);
        builder.Services.AddSingleton<IGrainDirectory>(world.Directory);
        builder.Services.AddGrainKeeper<RecordingProgram>(Options, "orders", East, new NodeId("east-1"));
        using var host = builder.Build();
        await host.StartAsync(Cancel);
        var keeper = host.Services.GetRequiredService<GrainKeeper>();
        keeper.IsReady.ShouldBeFalse("no agent of the node lives");

        world.Sessions.LiveNode = "east-1";
        await UntilAsync("a keeper that is ready", () => keeper.IsReady);
        var first = keeper.Session!;
        (first.Node, first.Generation, first.Name).ShouldBe((new NodeId("east-1"), new Generation(7), "orders"));
        var epoch = (await keeper.ClaimAsync([G("1")], Cancel)).Single().Record!.Epoch;

        world.Sessions.Become(first.Id, "revoked");
        await UntilAsync(
            "the grain under the next session",
            () => keeper.Session is { } next && next != first && keeper.TryServe(G("1"), out var now) && now > epoch);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public void A_second_keeper_in_one_host_is_refused()
    {
        var services = new ServiceCollection();
        services.AddGrainKeeper<RecordingProgram>(Options, "orders", East, new NodeId("east-1"));

        Should.Throw<InvalidOperationException>(() =>
                services.AddGrainKeeper<RecordingProgram>(Options, "rooms", East, new NodeId("east-1")))
            .Message.ShouldContain("has a grain keeper already");
    }
}
