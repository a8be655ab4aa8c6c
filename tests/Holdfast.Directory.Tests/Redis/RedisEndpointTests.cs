using System.Net;
using Holdfast.Directory.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>Addresses of servers, and a connection to one whose name was written in a way of its own.</summary>
public sealed class RedisEndpointTests
{
    [Fact]
    public void Addresses_of_both_families_and_names_are_split_at_the_last_colon_and_each_is_kept_once()
    {
        var endpoints = RedisEndpoint.ReadAll("[::1]:6379, ::1:6379,fe80::7:1,10.0.0.1:2,redis-1:3,redis-1:3");

        endpoints.ShouldBe(
        [
            new IPEndPoint(IPAddress.IPv6Loopback, 6379),
            new IPEndPoint(IPAddress.Parse("fe80::7"), 1),
            new IPEndPoint(IPAddress.Parse("10.0.0.1"), 2),
            new DnsEndPoint("redis-1", 3),
        ]);
    }

    [Theory, InlineData("[::1]:1"), InlineData("127.0.0.1:1,127.0.0.1:1")]
    public async Task A_server_that_is_away_is_named_and_the_connection_goes_on_trying(string redis)
    {
        await using var directory = new RedisGrainDirectory(
            new DirectoryOptions { Redis = redis, Deadline = TimeSpan.FromMilliseconds(500), Shards = 1 },
            NullLogger<RedisGrainDirectory>.Instance);

        var away = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ShardAsync(0, TestContext.Current.CancellationToken));

        away.Trouble.ShouldBe(DirectoryTrouble.NoAnswer);
    }
}
