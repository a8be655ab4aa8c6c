using System.Globalization;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers.Topologies;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests;

/// <summary>Somebody wrote by hand in the place of a record.</summary>
public sealed class UnreadableRecordTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_that_nobody_can_read_is_said_to_be_stranded_and_holds_up_no_end()
    {
        await using var redis = await RedisOnDisk.StartAsync();
        await using var directory = new RedisGrainDirectory(
            new DirectoryOptions { Redis = redis.Address, Shards = IncidentWorld.Shards },
            NullLogger<RedisGrainDirectory>.Instance);
        await using var world = await IncidentWorld.StartAsync(directory);
        using var failover = await world.FailoverAsync("w1", "west");
        await Until.IsReadyAsync(failover);
        var owner = world.Consensus.Open("e1", "east");
        var claims = Enumerable.Range(0, 20)
            .Select(i => new GrainClaim(new GrainId("order", i.ToString(CultureInfo.InvariantCulture))));
        await directory.ClaimAsync([.. claims], new ClusterId("east"), owner.Id, owner.Token, Cancel);
        await redis.CliAsync("HSET", "{hf:03}:rec", "order/scribbled", "what no directory writes");
        await redis.CliAsync("SADD", "{hf:03}:own:east", "order/scribbled");

        world.Consensus.Fence("e1", "east");

        var completed = await world.Heard.WaitForAsync<FailoverCompleted>("though one record cannot be read");
        (completed.Promoted, completed.Stranded).ShouldBe((20, 1));
        (await redis.CliAsync("HGET", "{hf:03}:rec", "order/scribbled")).Trim().ShouldBe("what no directory writes");
        await Until.PhaseAsync(failover, "east", "promoted");
    }
}
