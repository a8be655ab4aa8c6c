using Holdfast.Directory.Embedded;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>What a shard keeps of its promotions for a brake: the same in the script and in its twin.</summary>
public sealed class PromotedWindowTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly SetTime _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task The_script_keeps_what_was_promoted_for_as_long_as_it_was_told_and_in_few_parts() =>
        OnRedisAsync(KeepAsync);

    [Fact]
    public Task The_twin_keeps_what_was_promoted_for_as_long_as_it_was_told_and_in_few_parts() =>
        KeepAsync(new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 }, _time));

    [Fact]
    public Task The_script_keeps_what_each_election_promoted_apart() => OnRedisAsync(KeepApartAsync);

    [Fact]
    public Task The_twin_keeps_what_each_election_promoted_apart() =>
        KeepApartAsync(new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 }, _time));

    [Fact]
    public Task A_shard_of_an_older_version_has_kept_nothing_and_goes_on_from_there() =>
        OnRedisAsync(async directory =>
        {
            await PrepareAsync(directory, grains: 4);
            await PromoteAsync(directory, FailoverWest, 2);
            var admin = await redis.AdminAsync();
            (await admin.HashDeleteAsync("{hf:00}:meta", "moved:west")).ShouldBeTrue();

            (await PromotedAsync(directory)).ShouldBeEmpty();

            await PromoteAsync(directory, FailoverWest, 2);
            (await PromotedAsync(directory)).ShouldBe([(0, 2)]);
        });

    [Theory]
    [InlineData("we st", "1-1:1")]
    [InlineData("", "1-1:1")]
    [InlineData("129", "1-1:1")]
    [InlineData("north", "")]
    [InlineData("north", "nonsense")]
    [InlineData("north", "1-1:1x 1-x1:1 -1:1 1-1: 1-1:-1")]
    [InlineData("north", "1-1:9999999999999 1-999999999999999:1 999999999999999-1:1")]
    [InlineData("north", "1-1:9223372036854775807 1-9223372036854775808:1")]
    public Task What_somebody_wrote_by_hand_in_the_place_of_a_window_holds_up_no_count(string cluster, string text) =>
        OnRedisAsync(async directory =>
        {
            await PrepareAsync(directory, grains: 4);
            await PromoteAsync(directory, FailoverWest, 2);
            var admin = await redis.AdminAsync();
            var field = $"moved:{(cluster == "129" ? new string('x', 129) : cluster)}";
            await admin.HashSetAsync("{hf:00}:meta", field, text);

            (await PromotedAsync(directory)).ShouldBe([(0, 2)]);
        });

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1-1:9999999999999 1-999999999999999:1 999999999999999-1:1 1-99999999999999999999:1")]
    public Task A_promotion_writes_a_window_anew_that_somebody_wrote_by_hand(string text) =>
        OnRedisAsync(async directory =>
        {
            await PrepareAsync(directory, grains: 4);
            var admin = await redis.AdminAsync();
            await admin.HashSetAsync("{hf:00}:meta", "moved:west", text);

            await PromoteAsync(directory, FailoverWest, 2);

            var at = _time.Now.ToUnixTimeMilliseconds();
            (await admin.HashGetAsync("{hf:00}:meta", "moved:west")).ToString().ShouldBe($"{at}-{at}:2");
        });

    [Fact]
    public Task Of_a_window_that_somebody_wrote_by_hand_no_more_counts_than_one_can_have() =>
        OnRedisAsync(async directory =>
        {
            await PrepareAsync(directory, grains: 4);
            var admin = await redis.AdminAsync();
            var most = string.Join(' ', Enumerable.Repeat("99999999999999-99999999999999:999999999999", 40));
            await admin.HashSetAsync("{hf:00}:meta", "moved:north", most);
            await admin.HashSetAsync("{hf:00}:meta", "moved:x", new string('1', 1_000_000));

            (await PromotedAsync(directory)).ShouldBe(Enumerable.Repeat((0, 999_999_999_999L), 33));
        });

    [Theory]
    [InlineData(0)]
    [InlineData(86_400_001)]
    public async Task A_time_to_keep_that_cannot_be_is_refused_by_name(int milliseconds)
    {
        var directory = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 1 }, _time);
        var call = new PromoteCall(0, FailoverWest, T(20), East, [], null, "why")
        {
            KeptFor = TimeSpan.FromMilliseconds(milliseconds),
        };

        var refused = await Should.ThrowAsync<ArgumentException>(() => directory.PromoteAsync(call, Cancel));

        refused.Message.ShouldContain("1 ms to 1.00:00:00 are legal");
    }

    private async Task KeepAsync(IGrainDirectory directory)
    {
        await PrepareAsync(directory, grains: 100);

        // Within a 32nd part of a minute after the first: one part, from its last grain on.
        await PromoteAsync(directory, FailoverWest, 3);
        _time.Now += TimeSpan.FromSeconds(1.5);
        await PromoteAsync(directory, FailoverWest, 2);
        _time.Now += TimeSpan.FromSeconds(0.5);
        await PromoteAsync(directory, FailoverWest, 1);
        (await PromotedAsync(directory)).ShouldBe([(500, 5), (0, 1)]);

        // Without a brake nothing is kept, and a clock that went back adds to what is newest.
        await PromoteAsync(directory, FailoverWest, 4, isKept: false);
        _time.Now -= TimeSpan.FromSeconds(10);
        await PromoteAsync(directory, FailoverWest, 1);
        (await PromotedAsync(directory)).ShouldBe([(0, 5), (0, 2)]);

        // Until the minute is over; then it is gone with the next promotion.
        _time.Now += TimeSpan.FromSeconds(10) + Minute - TimeSpan.FromSeconds(0.5);
        await PromoteAsync(directory, FailoverWest, 1);
        (await PromotedAsync(directory)).ShouldBe([(59_500, 2), (0, 1)]);

        for (var i = 0; i < 80; i++)
        {
            _time.Now += TimeSpan.FromSeconds(1);
            await PromoteAsync(directory, FailoverWest, 1);
        }

        var kept = await PromotedAsync(directory);
        kept.Count.ShouldBeLessThanOrEqualTo(33);
        kept.Sum(part => part.Grains).ShouldBeInRange(60, 62, "A part goes as a whole, with its last grain.");
    }

    private async Task KeepApartAsync(IGrainDirectory directory)
    {
        await PrepareAsync(directory, grains: 5);
        var north = ElectionName.Failover(North);
        await directory.GrantAsync(north, 20);

        await PromoteAsync(directory, FailoverWest, 2);
        _time.Now += TimeSpan.FromMilliseconds(10);
        await PromoteAsync(directory, north, 1);

        (await PromotedAsync(directory)).ShouldBe([(10, 2), (0, 1)], ignoreOrder: true);
    }

    private async Task OnRedisAsync(Func<IGrainDirectory, Task> test)
    {
        await redis.ForgetAsync();
        var options = redis.Options(new DirectoryOptions { Shards = 1, Deadline = TimeSpan.FromMinutes(1) });
        await using var directory = new RedisGrainDirectory(
            options, NullLogger<RedisGrainDirectory>.Instance, _time);
        await test(directory);
    }

    private static async Task PrepareAsync(IGrainDirectory directory, int grains)
    {
        await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
        await directory.ClaimAllAsync(Many(grains), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
    }

    private static async Task PromoteAsync(
        IGrainDirectory directory, ElectionName election, int grains, bool isKept = true)
    {
        var left = grains;
        string? cursor = null;
        do
        {
            var call = new PromoteCall(0, election, T(20), East, [], cursor, "why")
            {
                GrainsMax = left,
                KeptFor = isKept ? Minute : null,
            };
            var answer = await directory.PromoteAsync(call, Cancel);
            answer.Status.ShouldBe(DirectoryStatus.Ok);
            (left, cursor) = (left - answer.Promoted, answer.Next);
        }
        while (left > 0);
    }

    private static async Task<List<(int Milliseconds, long Grains)>> PromotedAsync(IGrainDirectory directory) =>
    [
        .. (await directory.CountAsync(0, [East], Cancel)).Promoted
            .Select(part => ((int)part.Ago.TotalMilliseconds, part.Grains)),
    ];

    /// <summary>A wall clock that is set; what waits goes by the real one.</summary>
    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
