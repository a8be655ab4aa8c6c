using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Integration.Subscribers;
using Holdfast.Integration.Words;
using Holdfast.Integration.World;
using Holdfast.Primitives;
using Holdfast.Servers;

namespace Holdfast.Integration.Incidents;

/// <summary>The way of one incident, with everything real: processes, sockets, disks, RabbitMQ, Redis.</summary>
public sealed class ClusterDeathTests
{
    private const int GrainCount = 200;

    private static readonly TimeSpan DetectionPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PromotionPatience = TimeSpan.FromSeconds(30);

    /// <summary>Everybody who has something to tell pauses longer and longer while the broker is away.</summary>
    private static readonly TimeSpan ReturnPatience = TimeSpan.FromSeconds(90);

    private static readonly string[] Exchanges =
    [
        .. new[]
        {
            typeof(PeerSuspected), typeof(PeerDown), typeof(PeerFenced), typeof(FailoverStarted),
            typeof(GrainPromoted), typeof(FailoverCompleted),
        }.Select(EventIdentity.ExchangeOf),
    ];

    [Fact]
    public async Task A_cluster_dies_and_its_grains_find_a_new_owner_on_one_trace()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var system = await HoldfastSystem.StartAsync(rabbit, redis);
        await using var owners = new Owners(system);
        await owners.ClaimAllAsync("east", GrainCount, cancel);
        await using var heirs = await ReadmeOwners.StartAsync(system, owners.Resource, "west", "north");
        await using var subscriber = await PythonSubscriber.StartOnNewBrokerAsync(system.Amqp, "witness", Exchanges);

        system.KillCluster("east");

        var story = new IncidentStory(subscriber.Events, "east");
        await story.SuspectedAsync(DetectionPatience);
        await story.DownAsync(DetectionPatience);
        await story.FencedAsync(DetectionPatience);
        await story.StartedAsync(PromotionPatience);
        await story.PromotedAsync(owners.Grains, PromotionPatience);
        await story.CompletedAsync(PromotionPatience);
        await story.IsOneTraceAsync(DetectionPatience);
        var served = await heirs[story.NewCluster].Served.ExpectAsync(
            "every grain served by its new owner",
            seen => seen.DistinctBy(item => item.Grain).Count() == GrainCount,
            PromotionPatience);
        foreach (var (grain, epoch) in served) epoch.ShouldBeGreaterThan(owners.Remembered[grain]);
        await OldOwnersAreRefusedAsync(system, owners, cancel);
    }

    [Fact]
    public async Task Without_the_broker_ownership_moves_all_the_same_and_the_events_arrive_after_its_return()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var system = await HoldfastSystem.StartAsync(rabbit, redis);
        await using var owners = new Owners(system);
        await owners.ClaimAllAsync("east", GrainCount, cancel);
        await (await PythonSubscriber.StartOnNewBrokerAsync(system.Amqp, "witness", Exchanges)).DisposeAsync();
        await rabbit.StopAsync();

        system.KillCluster("east");

        await Eventually.SeesAsync(
            "all grains in another cluster",
            stop => system.Directory.LookupAsync(owners.Grains, stop),
            answers => answers.All(answer => answer.Record!.Cluster != new ClusterId("east")),
            DetectionPatience + PromotionPatience);

        await rabbit.RestartAsync();
        await using var subscriber = await PythonSubscriber.StartOnNewBrokerAsync(system.Amqp, "witness", Exchanges);
        var story = new IncidentStory(subscriber.Events, "east");
        await story.DownAsync(ReturnPatience);
        await story.FencedAsync(ReturnPatience);
        await story.StartedAsync(ReturnPatience);
        await story.PromotedAsync(owners.Grains, ReturnPatience);
        await story.CompletedAsync(ReturnPatience);
        await story.IsOneTraceAsync(ReturnPatience);
        await owners.ClaimAsync($"{story.NewCluster}-2", story.NewCluster, owners.Grains, cancel);
        await OldOwnersAreRefusedAsync(system, owners, cancel);
    }

    /// <summary>The old owners have lost their sessions, and what they still write is refused everywhere.</summary>
    private static async Task OldOwnersAreRefusedAsync(HoldfastSystem system, Owners owners, CancellationToken cancel)
    {
        foreach (var (grain, epoch) in owners.Remembered)
            owners.Resource.Pass(grain.ToString(), epoch).Passed.ShouldBeFalse($"a stale write of {grain}");
        foreach (var session in owners.Old) await session.LostReason.WaitAsync(DetectionPatience, cancel);
        var stale = await system.Directory.ReleaseAsync(
            [.. owners.Remembered.Take(10).Select(held => new HeldGrain(held.Key, held.Value))],
            owners.Old[0].Id,
            cancel);
        stale.ShouldAllBe(answer => answer.Status == DirectoryStatus.NotOwner);
    }
}
