using System.Diagnostics;
using Holdfast.Servers;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>A connection that is left for another one while it is called.</summary>
public sealed class LeftConnectionTests : TopologyTests
{
    private const int Changes = 60;
    private const int Callers = 4;

    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5);

    private readonly Redis.RedisFixture _redis = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task No_call_waits_for_an_answer_on_a_connection_that_was_left()
    {
        await _redis.StartAsync();
        await using var relay = new CutRelay(_redis.Server);
        await using var sentinel = new FickleSentinel(_redis.Address, relay.Address);
        var directory = Open(new DirectoryOptions
        {
            Sentinels = sentinel.Address,
            SentinelMaster = "fickle",
            Shards = 1,
            Deadline = Patient,
        });
        await CreateAsync(directory);

        var slowest = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => SlowestAsync()));

        slowest.Max().ShouldBeLessThan(Prompt);

        // Patient is the deadline of each call: one that is forgotten ends there, with an error.
        async Task<TimeSpan> SlowestAsync()
        {
            var longest = TimeSpan.Zero;
            while (sentinel.Asked < Changes)
            {
                var started = Stopwatch.GetTimestamp();
                await directory.ShardAsync(0, Cancel);
                var took = Stopwatch.GetElapsedTime(started);
                longest = took > longest ? took : longest;
            }

            return longest;
        }
    }
}
