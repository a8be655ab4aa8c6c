using Holdfast.Directory.Changes;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>The contract, and what is Redis' own, on one server.</summary>
public sealed class RedisGrainDirectoryTests(RedisFixture redis)
    : RedisGrainDirectoryContract(redis), IClassFixture<RedisFixture>;

/// <summary>
/// The same on a Redis Cluster of one node. It has the rule that matters: all keys of a script are in one hash slot.
/// </summary>
public sealed class RedisClusterGrainDirectoryTests(RedisClusterFixture redis)
    : RedisGrainDirectoryContract(redis), IClassFixture<RedisClusterFixture>;

/// <summary>The same on three masters with replicas: shards are spread, and every call has to find its own.</summary>
public sealed class RedisThreeMastersGrainDirectoryTests(RedisThreeMastersFixture redis)
    : RedisGrainDirectoryContract(redis), IClassFixture<RedisThreeMastersFixture>;

/// <summary>The same on a master that Sentinels name.</summary>
public sealed class RedisSentinelsGrainDirectoryTests(RedisSentinelsFixture redis)
    : RedisGrainDirectoryContract(redis), IClassFixture<RedisSentinelsFixture>;

public abstract class RedisGrainDirectoryContract(RedisFixture redis) : GrainDirectoryContract
{
    private readonly List<IAsyncDisposable> _opened = [];
    private IReadOnlyList<KeyValuePair<RedisKey, byte[]>> _memory = [];

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var directory in _opened) await directory.DisposeAsync();
    }

    protected override async Task<IGrainDirectory> CreateAsync(DirectoryOptions options)
    {
        await redis.ForgetAsync();
        return Open(options);
    }

    protected override async Task PlantAsync(GrainRecord record)
    {
        var admin = await redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:rec", record.Grain.ToString(), RecordText.Write(record));
        await admin.SetAddAsync($"{{hf:00}}:own:{record.Cluster}", record.Grain.ToString());
    }

    protected override Task MisfileAsync(GrainId grain, ClusterId under, ClusterId? owner = null) =>
        redis.MisfileAsync(grain, under, owner);

    protected override Task ForgetAsync() => redis.ForgetAsync();

    protected override async Task RememberAsync() => _memory = await redis.RememberAsync();

    protected override Task RollBackAsync() => redis.RollBackAsync(_memory);

    protected override Task RestartAsync() => redis.LookRestartedAsync();

    [Fact]
    public async Task A_directory_created_with_another_number_of_shards_is_of_a_wrong_format()
    {
        await OpenedAsync(new DirectoryOptions { Shards = 2 });
        var other = Open(new DirectoryOptions { Shards = 1 });

        (await other.LookupAsync(Actors.G("a"))).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await other.GrantAsync(Actors.FailoverWest, 20)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        var opened = await other.OpenShardAsync(
            0, Actors.FailoverWest, Actors.T(20), Actors.T(20), TestContext.Current.CancellationToken);
        opened.Status.ShouldBe(DirectoryStatus.WrongFormat);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("000000000000000b1,x,east,")]
    [InlineData("000000000000000b1,f,ea st,")]
    [InlineData("000000000000000b1,f,east,11")]
    [InlineData("000000000000000b1,f,east,,,")]
    [InlineData("000000000000000b1,f,east,,000000000000000b1>we st")]
    [InlineData("000000000000000b,f,east,")]
    [InlineData("000000000000000b11111111111111111,f,east,")]
    public async Task A_record_that_somebody_wrote_by_hand_holds_up_no_other(string text)
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([Actors.G("bad"), Actors.G("good"), Actors.G("late")], Actors.East, 11, 11);
        await directory.RegisterAsync(Actors.Ext("bad"), Actors.East, 1);
        await directory.GrantAsync(Actors.FailoverWest, 20);
        var admin = await redis.AdminAsync();
        foreach (var grain in new[] { Actors.G("bad"), Actors.Ext("bad") })
            await admin.HashSetAsync("{hf:00}:rec", grain.ToString(), text);
        foreach (var name in new[] { "no grain", "cart/torn\tline" })
        {
            await admin.SetAddAsync("{hf:00}:own:east", name);
            await admin.HashSetAsync("{hf:00}:rec", name, "000000000000000b1,f,east,");
        }

        var claims = await directory.ClaimAsync(
            [new GrainClaim(Actors.G("bad")), new GrainClaim(Actors.G("late"))],
            Actors.East,
            Actors.S(11),
            Actors.T(12),
            TestContext.Current.CancellationToken);
        var released = await directory.ReleaseAsync(Actors.G("bad"), Actors.E(11), 11);
        var registered = await directory.RegisterAsync(Actors.Ext("bad"), Actors.East, 2);
        var listed = await directory.ListAllAsync(Actors.East);
        var scanned = await directory.ScanAsync(0, null, TestContext.Current.CancellationToken);
        var promoted = await directory.PromoteAsync(Actors.FailoverWest, 20, Actors.East);
        var again = await directory.PromoteAsync(Actors.FailoverWest, 20, Actors.East);

        claims.Select(answer => answer.Status).ShouldBe([DirectoryStatus.WrongFormat, DirectoryStatus.Ok]);
        released.Status.ShouldBe(DirectoryStatus.WrongFormat);
        registered.Status.ShouldBe(DirectoryStatus.WrongFormat);
        listed.Select(record => record.Grain).ShouldBe([Actors.G("good"), Actors.G("late")], ignoreOrder: true);
        (scanned.Records.Count, scanned.Malformed).ShouldBe((2, 4));
        (promoted.Status, promoted.Promoted, promoted.Malformed, promoted.Remaining)
            .ShouldBe((DirectoryStatus.Ok, 2, 4, 4));
        (again.Promoted, again.Malformed, again.Remaining).ShouldBe((0, 4, 4));
        (await directory.LookupAsync(Actors.G("good"))).Record!.Cluster.ShouldBe(Actors.West);
    }

    [Fact]
    public async Task An_owner_that_somebody_wrote_by_hand_under_no_clusters_name_holds_up_no_count()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([Actors.G("a"), Actors.G("b")], Actors.East, 11, 11);
        var (admin, longest) = (await redis.AdminAsync(), new string('x', 128));
        foreach (var name in new[] { "", "we st", "we,st", "west\n", "wést", longest, longest + "x" })
        {
            await admin.HashSetAsync("{hf:00}:meta", $"own:{name}", "1");
            await admin.SetAddAsync($"{{hf:00}}:own:{name}", Actors.G("a").ToString());
        }

        var counted = await directory.CountAsync(0, [Actors.North], TestContext.Current.CancellationToken);

        (counted.Status, counted.Counts.ShouldHaveSingleItem()).ShouldBe((DirectoryStatus.Ok, 0));
        counted.Others.ShouldBe(
            [new OwnedGrains(Actors.East, 2), new OwnedGrains(new(longest), 1)], ignoreOrder: true);
    }

    [Fact]
    public async Task The_meta_names_those_only_who_own_something()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([Actors.G("a"), Actors.G("b")], Actors.East, 11, 11);
        await directory.RegisterAsync(Actors.Ext("a"), Actors.North, 1);
        (await NamedAsync()).ShouldBe(["own:east", "own:north"]);

        await directory.RegisterAsync(Actors.Ext("a"), Actors.East, 2);
        (await NamedAsync()).ShouldBe(["own:east"]);
        await directory.GrantAsync(Actors.FailoverWest, 20);
        await directory.PromoteAsync(Actors.FailoverWest, 20, Actors.East);
        (await NamedAsync()).ShouldBe(["own:west"]);
        await directory.ClaimAllAsync([Actors.G("c")], Actors.North, 21, 21);
        await directory.OfferAsync(Actors.G("c"), Actors.E(21), 21, Actors.East);
        await directory.AcceptAsync(Actors.G("c"), Actors.East, 22, 22);
        (await NamedAsync()).ShouldBe(["own:east", "own:west"]);
        await directory.ReleaseAsync(Actors.G("c"), Actors.E(22), 22);
        (await NamedAsync()).ShouldBe(["own:west"]);

        async Task<IEnumerable<string>> NamedAsync() => (await (await redis.AdminAsync()).HashKeysAsync("{hf:00}:meta"))
            .Select(field => field.ToString()).Where(name => name.StartsWith("own:", StringComparison.Ordinal)).Order();
    }

    [Fact]
    public async Task Entries_that_somebody_wrote_by_hand_hold_up_neither_outbox_nor_history()
    {
        var directory = await OpenedAsync();
        await directory.GrantAsync(Actors.FailoverWest, 20);
        await directory.ClaimAsync(Actors.G("a"), Actors.East, 11, 11);
        var admin = await redis.AdminAsync();
        await admin.ExecuteAsync("XADD", (RedisKey)"{hf:00}:out", "1-1", "e", "GrainClaimed");
        await admin.ExecuteAsync("XADD", (RedisKey)"{hf:00}:hist", "1-1", "p", "claim\n\ncart/a\tx");
        await admin.ExecuteAsync("XADD", (RedisKey)"{hf:00}:hist", "1-2", "p", "claim\ncart/a\tx");
        await admin.HashSetAsync("{hf:00}:meta", "outTrimmed", "x");

        var claimed = await directory.ClaimAsync(Actors.G("a"), Actors.East, 11, 12);
        var outbox = await directory.OutboxAsync();
        await directory.TrimAsync(Actors.FailoverWest, 20, 0);
        var history = await directory.HistoryAsync(Actors.G("a"), 10, TestContext.Current.CancellationToken);

        claimed.Status.ShouldBe(DirectoryStatus.Ok);
        outbox.Select(entry => entry.Payload.Length == 0).ShouldBe([false, true, false]);
        history.Entries.Select(entry => entry.Record.Epoch).ShouldBe([Actors.E(12), Actors.E(11)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("00000000000000141,q,west-1,,0")]
    [InlineData("0000000000000014,p,west-1,,0")]
    [InlineData("00000000000000141,p,we st,,0")]
    public async Task A_slot_that_somebody_wrote_by_hand_holds_up_only_the_call_that_names_it(string text)
    {
        var directory = await WithGroupAsync();
        await PutAsync(directory, 20, First(0), First(1));
        var admin = await redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:slots:orders", "0", text);

        var both = await PutAsync(directory, 20, First(0), First(2));
        var other = await PutAsync(directory, 20, First(2));
        var read = await directory.AllSlotsAsync(Orders, TestContext.Current.CancellationToken);

        both.Status.ShouldBe(DirectoryStatus.WrongFormat);
        both.Slots.Select(slot => slot.Status).ShouldBe([DirectoryStatus.WrongFormat, DirectoryStatus.Ok]);
        other.Status.ShouldBe(DirectoryStatus.Ok);
        read.Records.Select(record => record.Slot).ShouldBe([1, 2]);
        read.Unreadable.ShouldBe([0]);
    }

    [Theory]
    [InlineData("floor", "low")]
    [InlineData("seq", "1e300")]
    public async Task A_meta_that_cannot_be_read_is_a_directory_that_is_unavailable(string field, string text)
    {
        var directory = await OpenedAsync();
        var admin = await redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:meta", field, text);

        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.LookupAsync(Actors.G("a")));

        failure.Message.ShouldContain("the meta of shard 00 cannot be read");
    }

    [Fact]
    public async Task Scripts_that_Redis_forgot_are_brought_along_again()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(Actors.G("a"), Actors.East, 11, 11);
        await redis.ForgetScriptsAsync();

        (await directory.LookupAsync(Actors.G("a"))).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ClaimAsync(Actors.G("b"), Actors.East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_scan_that_hands_out_more_than_a_call_may_move_leaves_none_behind()
    {
        // Where members share a bucket of the set, SSCAN gives more than its COUNT: about every other round.
        var directory = await OpenedAsync();
        for (var round = 1ul; round <= 12; round++)
        {
            var grains = Enumerable.Range(0, 1_200).Select(i => Actors.G($"{round}-{i}")).ToList();
            await directory.ClaimAllAsync(grains, Actors.East, 11, 100 * round);
            await directory.GrantAsync(Actors.FailoverWest, 100 * round + 1);

            var answers = await directory.PromoteAllAsync(Actors.FailoverWest, 100 * round + 1, Actors.East);

            answers.Sum(answer => answer.Promoted).ShouldBe(1_200);
            answers.ShouldAllBe(answer => answer.Promoted <= DirectoryLimits.GrainsPerPromotion);
            answers[^1].Remaining.ShouldBe(0);
        }
    }

    [Fact]
    public async Task The_meta_of_a_shard_names_format_shards_and_the_process_it_was_opened_on()
    {
        await OpenedAsync(new DirectoryOptions { Shards = 2 });
        var admin = await redis.AdminAsync();

        var meta = (await admin.HashGetAllAsync("{hf:01}:meta"))
            .ToDictionary(field => field.Name.ToString(), field => field.Value.ToString(), StringComparer.Ordinal);

        (await redis.RunIdsAsync()).ShouldContain(meta["run"]);
        (meta["format"], meta["shards"], meta["floor"], meta["seq"], meta["window"])
            .ShouldBe(("1", "2", Actors.Floor.ToString(), "0", "0"));
    }

    [Fact]
    public async Task A_shard_that_an_older_version_opened_goes_on_and_gets_its_line_with_the_next_grant()
    {
        var directory = (RedisGrainDirectory)await OpenedAsync(new DirectoryOptions { Shards = 1 });
        var admin = await redis.AdminAsync();
        await admin.HashDeleteAsync("{hf:00}:meta", "line");

        (await directory.ClaimAsync(Actors.G("a"), Actors.East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
        var before = await directory.ShardAsync(0, TestContext.Current.CancellationToken);
        (before.Status, before.Process).ShouldBe((DirectoryStatus.Ok, before.Run));
        await directory.GrantAsync(Actors.FailoverWest, 20);

        (await admin.HashGetAsync("{hf:00}:meta", "line")).ToString().Length.ShouldBe(40);
        var after = await directory.ShardAsync(0, TestContext.Current.CancellationToken);
        (after.Process, after.Since).ShouldBe((after.Run, before.Version.Seq));
        after.Run.ShouldStartWith($"{before.Run}-");
        directory.Forgotten.ShouldBeEmpty();
    }

    private RedisGrainDirectory Open(DirectoryOptions options)
    {
        var directory = new RedisGrainDirectory(
            redis.Options(options with { Deadline = PatientDeadline }),
            NullLogger<RedisGrainDirectory>.Instance);
        _opened.Add(directory);
        return directory;
    }
}
