using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests;

/// <summary>RabbitMQ is away for so long that a real Redis' outbox is full in the middle of a sweep.</summary>
public sealed class FullOutboxTests
{
    private const int Grains = 6_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sweep_that_a_full_outbox_held_up_ends_by_itself_once_the_broker_is_back_and_all_is_told()
    {
        await using var rabbit = await TestServers.Current.StartRabbitMqAsync();
        await using var redis = await TestServers.Current.StartRedisAsync();
        await using var directory = new RedisGrainDirectory(
            new DirectoryOptions
            {
                Redis = redis.Address,
                Shards = 1,
                OutboxEntriesMax = 5,
                Deadline = TimeSpan.FromSeconds(20),
            },
            NullLogger<RedisGrainDirectory>.Instance);
        await using var world = await IncidentWorld.StartAsync(
            directory, new BusOptions { Host = rabbit.Host, Port = rabbit.Port });
        using var failover = await world.FailoverAsync("w1", "west", ("Directory:Shards", "1"));
        await Until.IsReadyAsync(failover);
        GrainId[] grains = [.. Enumerable.Range(0, Grains).Select(i => new GrainId("order", $"{i}"))];
        var east = world.Consensus.Open("e1", "east");
        foreach (var part in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
            await ClaimAsync(directory, part, east.Id, east.Token);

        await rabbit.StopAsync();
        world.Consensus.Fence("e1", "east");
        await Until.HoldsAsync(
            failover,
            "/snapshot",
            answer => answer.ToString().Contains("OutboxFull", StringComparison.Ordinal),
            "word of the full outbox");
        (await CountAsync(directory)).ShouldBeGreaterThan(0, "what the outbox has no room for is not moved");

        await rabbit.RestartAsync();
        var moved = new HashSet<string>(StringComparer.Ordinal);
        var last = "";
        while (moved.Count < Grains)
        {
            var promoted = await world.Heard.WaitForAsync<GrainPromoted>(
                $"after {last}", one => string.CompareOrdinal(one.Sequence, last) > 0);
            foreach (var grain in promoted.Grains) moved.Add(grain.Key).ShouldBeTrue($"{grain.Key} was moved twice");
            last = promoted.Sequence;
        }

        await world.Heard.WaitForAsync<FailoverCompleted>("after the broker", one => one.Promoted == Grains);
        (await CountAsync(directory)).ShouldBe(0);
    }

    private static async Task ClaimAsync(
        RedisGrainDirectory directory, GrainId[] grains, SessionId session, Token token)
    {
        while (true)
        {
            var answers = await directory.ClaimAsync(
                [.. grains.Select(grain => new GrainClaim(grain))], new ClusterId("east"), session, token, Cancel);
            if (answers.All(answer => answer.Status == DirectoryStatus.Ok)) return;
            answers.ShouldAllBe(answer => answer.Status == DirectoryStatus.OutboxFull);
        }
    }

    private static async Task<long> CountAsync(RedisGrainDirectory directory) =>
        (await directory.CountAsync(0, [new ClusterId("east")], Cancel)).Counts[0];
}
