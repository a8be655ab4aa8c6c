using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>
/// A Redis that is not ours, or not fit: what it is refused with, and that nothing was changed. The table of them is in
/// docs/protocols/directory.md.
/// </summary>
public sealed class ForeignRedisTests : IAsyncDisposable
{
    /// <summary>The calls that write a record, and with it history and outbox.</summary>
    private const string Writes = "claim claimNew release accept promote register putSlots";

    private static readonly GroupId Orders = new("orders");

    private readonly RedisFixture _redis = new();
    private readonly List<IAsyncDisposable> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _opened) await one.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData("meta", Writes + " slots offer list count history trim raiseFloor erase grant reopen")]
    [InlineData("rec", Writes + " offer list erase reopen")]
    [InlineData("out", Writes + " offer trim reopen")]
    [InlineData("hist", Writes + " offer history reopen")]
    [InlineData("own:east", "claim release accept promote list count")]
    [InlineData("own:west", "claimNew accept promote register count")]
    [InlineData("grant:failover", "promote trim raiseFloor erase grant")]
    [InlineData("grant:recovery", "putSlots")]
    [InlineData("slots:orders", "putSlots slots")]
    public async Task A_key_of_another_type_is_foreign_to_each_call_that_meets_it_and_nothing_is_changed(
        string key, string refusing)
    {
        var directory = await FilledAsync();
        var admin = await _redis.AdminAsync();
        (await admin.KeyDeleteAsync($"{{hf:00}}:{key}")).ShouldBeTrue("the directory has it");
        await admin.StringSetAsync($"{{hf:00}}:{key}", "somebody's");
        var before = await MemoryAsync();

        var refusals = new List<(string Call, DirectoryUnavailableException Refused)>();
        foreach (var (name, call) in Calls(directory))
        {
            try
            {
                await call();
            }
            catch (DirectoryUnavailableException refused)
            {
                refusals.Add((name, refused));
                (await MemoryAsync()).ShouldBe(before);
            }

            before = await MemoryAsync();
        }

        string.Join(' ', refusals.Select(one => one.Call)).ShouldBe(refusing);
        refusals.ShouldAllBe(one => one.Refused.Trouble == DirectoryTrouble.Foreign);
        var said = refusals[0].Refused.Message;
        said.ShouldContain("something of another program in the place of a key of the directory");
        said.ShouldContain("keys that begin with {hf: must be left to it");
    }

    [Fact]
    public async Task An_import_that_meets_a_foreign_key_at_its_second_grain_has_not_written_the_first()
    {
        var directory = await OpenedAsync();
        await directory.ReopenAsync(30);
        await (await _redis.AdminAsync()).StringSetAsync("{hf:00}:own:north", "somebody's");
        var before = await MemoryAsync();
        GrainRecord[] records = [Record(G("a"), West, null, E(11)), Record(G("b"), North, null, E(11))];

        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ImportAsync(records, FailoverWest, T(31), Cancel));

        refused.Trouble.ShouldBe(DirectoryTrouble.Foreign);
        (await MemoryAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Records_without_a_meta_are_not_taken_for_a_new_directory()
    {
        await _redis.StartAsync();
        var admin = await _redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:rec", "cart/a", "000000000000000b1,f,east,");
        var before = await MemoryAsync();

        var opened = await Open().OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);

        opened.Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await MemoryAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("format", "0")]
    [InlineData("format", "2")]
    [InlineData("shards", "64")]
    public async Task A_directory_of_another_format_or_size_is_refused_and_readiness_says_what_is_wanted(
        string field, string other)
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await (await _redis.AdminAsync()).HashSetAsync("{hf:00}:meta", field, other);
        var before = await MemoryAsync();

        (await directory.ClaimAsync(G("a"), East, 11, 12)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await directory.ReopenAsync(30)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.WrongFormat);

        (await MemoryAsync()).ShouldBe(before);
        (await WaitsForAsync(directory)).ShouldBe("a grain directory of this format with Directory:Shards (1) shards");
    }

    [Fact]
    public async Task A_replica_is_named_as_one_and_who_to_name_instead()
    {
        await _redis.StartAsync();
        await using var replica = await TestServers.Current.StartRedisAsync(new RedisSettings
        {
            ConfigLines = [$"replicaof {_redis.Server.Host} {_redis.Server.Port}", "repl-diskless-sync-delay 0"],
        });
        var directory = Open(new DirectoryOptions { Redis = replica.Address, Deadline = TimeSpan.FromSeconds(1) });

        var refused = await Refusals.UntilAsync(
            DirectoryTrouble.ReadOnly, () => directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel));

        refused.Trouble.ShouldBe(DirectoryTrouble.ReadOnly);
        refused.Message.ShouldContain($"{replica.Address} is a replica, where nothing can be written; Directory:Redis");
        (await WaitsForAsync(directory)).ShouldNotBeNull().ShouldContain("is a replica");
    }

    [Fact]
    public async Task A_redis_without_memory_left_says_so_and_changes_nothing()
    {
        var directory = await OpenedAsync();
        var admin = await _redis.AdminAsync();
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");

        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ClaimAsync(G("a"), East, 11, 11));
        var read = await directory.LookupAsync(G("a"));
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");

        refused.Trouble.ShouldBe(DirectoryTrouble.OutOfMemory);
        refused.Message.ShouldContain("has no memory left for claim, nothing was changed; its maxmemory must be");
        read.Status.ShouldBe(DirectoryStatus.NotFound);
        (await directory.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Theory]
    [InlineData("allkeys-lru", false)]
    [InlineData("allkeys-random", false)]
    [InlineData("volatile-lru", true)]
    [InlineData("noeviction", true)]
    public async Task A_policy_that_drops_keys_is_refused_at_start_until_it_is_another(string policy, bool isFit)
    {
        var directory = await OpenedAsync();
        var admin = await _redis.AdminAsync();
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", policy);
        var readiness = Readiness(directory);

        await readiness.ProbeAsync(Cancel);
        var first = readiness.WaitsFor();
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await readiness.ProbeAsync(Cancel);

        var wanted = $"a Redis that drops no keys by itself: the maxmemory-policy of {_redis.Address} is {policy}, " +
            "noeviction or volatile-* is wanted";
        first.ShouldBe(isFit ? null : wanted);
        readiness.WaitsFor().ShouldBeNull();
    }

    [Theory]
    [InlineData("-sadd", "SADD {hf:00}:own:,")]
    [InlineData("-xadd", "XADD {hf:00}:out")]
    [InlineData("-hset", "HSET {hf:00}:meta")]
    public async Task A_right_that_is_missing_is_named_at_start_and_by_the_call_that_needs_it(
        string without, string wanted)
    {
        var directory = await OpenedAsync();
        var admin = await _redis.AdminAsync();
        await admin.ExecuteAsync("ACL", "SETUSER", "default", without);

        var waitsFor = await WaitsForAsync(directory);
        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ClaimAsync(G("a"), East, 11, 11));

        waitsFor.ShouldNotBeNull().ShouldStartWith($"the right to {wanted} at {_redis.Address} for the user 'default'");
        refused.Trouble.ShouldBe(DirectoryTrouble.NoPermission);
        refused.Message.ShouldContain("does not let the user 'default' claim; its access list must allow what");
    }

    [Theory]
    [InlineData("-hscan", "HSCAN {hf:00}:rec")]
    [InlineData("-sscan", "SSCAN {hf:00}:own:,")]
    [InlineData("-hgetall", "HGETALL {hf:00}:own:,")]
    [InlineData("-xrange", "XRANGE {hf:00}:out")]
    [InlineData("-xrevrange", "XREVRANGE {hf:00}:hist")]
    public async Task A_right_to_read_that_is_missing_is_named_at_start(string without, string wanted)
    {
        var directory = await OpenedAsync();
        await (await _redis.AdminAsync()).ExecuteAsync("ACL", "SETUSER", "default", without);

        (await WaitsForAsync(directory)).ShouldNotBeNull().ShouldStartWith($"the right to {wanted} at");
    }

    private static DirectoryReadiness Readiness(RedisGrainDirectory directory) => new(
        directory,
        Microsoft.Extensions.Options.Options.Create(new DirectoryOptions { Shards = 1 }),
        TimeProvider.System);

    private static async Task<string?> WaitsForAsync(RedisGrainDirectory directory)
    {
        var readiness = Readiness(directory);
        await readiness.ProbeAsync(Cancel);
        return readiness.WaitsFor();
    }

    /// <summary>All of shard 00, byte for byte.</summary>
    private async Task<Dictionary<string, string>> MemoryAsync() => (await _redis.RememberAsync())
        .OrderBy(one => (string)one.Key!, StringComparer.Ordinal)
        .ToDictionary(one => (string)one.Key!, one => Convert.ToHexString(one.Value));

    /// <summary>One call of each kind that meets keys.</summary>
    private static (string Name, Func<Task> Call)[] Calls(RedisGrainDirectory directory) =>
    [
        ("claim", () => directory.ClaimAsync(G("a"), East, 11, 12)),
        ("claimNew", () => directory.ClaimAsync(G("new"), West, 12, 12)),
        ("release", () => directory.ReleaseAsync(G("a"), E(11), 11)),
        ("accept", () => directory.AcceptAsync(G("b"), West, 13, 13)),
        ("promote", () => directory.PromoteAsync(FailoverWest, 20, East)),
        ("register", () => directory.RegisterAsync(Ext("a"), West, 1)),
        ("putSlots", () => PutSlotAsync(directory, 1)),
        ("slots", () => directory.SlotsAsync(Orders, 0, Cancel)),
        ("offer", () => directory.OfferAsync(G("a"), E(12), 11, West)),
        ("list", () => directory.ListByOwnerAsync(0, East, null, Cancel)),
        ("count", () => directory.CountAsync(0, [East, West], Cancel)),
        ("history", () => directory.HistoryAsync(G("a"), 10, Cancel)),
        ("trim", () => directory.TrimOutboxAsync(0, FailoverWest, T(20), 1, Cancel)),
        ("raiseFloor", () => directory.RaiseFloorAsync(0, FailoverWest, T(20), T(10), Cancel)),
        ("erase", () => directory.EraseTombstonesAsync(0, FailoverWest, T(20), null, Cancel)),
        ("grant", () => directory.GrantAsync(FailoverWest, 21)),
        ("reopen", () => directory.ReopenShardAsync(0, FailoverWest, T(30), T(30), Cancel)),
    ];

    /// <summary>A shard that has every kind of key.</summary>
    private async Task<RedisGrainDirectory> FilledAsync()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ClaimAsync(G("b"), East, 11, 11);
        await directory.OfferAsync(G("b"), E(11), 11, West);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.ClaimAsync(Orders.Grain, West, 11, 11);
        await directory.GrantAsync(RecoveryWest, 20);
        (await PutSlotAsync(directory, 0)).Status.ShouldBe(DirectoryStatus.Ok);
        return directory;
    }

    private static Task<PutSlotsAnswer> PutSlotAsync(RedisGrainDirectory directory, int index)
    {
        var slot = new SlotRecord(index, SlotState.Placed, new NodeId("west-1"), E(20, 1));
        return directory.PutSlotsAsync(
            new PutSlotsCall(Orders, "replica", RecoveryWest, T(20), [new SlotWrite(slot, null, "groupDefined")]),
            Cancel);
    }

    private async Task<RedisGrainDirectory> OpenedAsync()
    {
        await _redis.StartAsync();
        var directory = Open();
        (await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
        return directory;
    }

    private RedisGrainDirectory Open(DirectoryOptions? options = null)
    {
        options ??= new DirectoryOptions { Redis = _redis.Address, Deadline = TimeSpan.FromSeconds(20) };
        var directory = new RedisGrainDirectory(
            options with { Shards = 1 }, NullLogger<RedisGrainDirectory>.Instance);
        _opened.Add(directory);
        return directory;
    }
}
