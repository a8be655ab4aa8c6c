using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>Another program has a key that is the directory's: who is refused by it, and nothing was changed.</summary>
public sealed class ForeignKeyTests : IAsyncDisposable
{
    /// <summary>The calls that write a record, and with it history and outbox.</summary>
    private const string Writes = "claim claimNew release accept promote register putSlots";

    private const string Reads = " slots offer list count history lookup scan describe readOutbox confirm open";

    /// <summary>The calls that keep a shard in order and repair it.</summary>
    private const string Upkeep = " trim raiseFloor erase grant reopen reassert import close";

    private static readonly GroupId Orders = new("orders");

    private readonly LoneShard _shard = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _shard.DisposeAsync();

    [Theory]
    [InlineData("meta", Writes + Reads + Upkeep)]
    [InlineData("rec", Writes + " offer list lookup scan erase reopen reassert")]
    [InlineData("out", Writes + " offer readOutbox trim reopen reassert import")]
    [InlineData("hist", Writes + " offer history reopen reassert import")]
    [InlineData("own:east", "claim release accept promote list count reassert import")]
    [InlineData("own:west", "claimNew accept promote register count")]
    [InlineData("grant:failover", "promote trim raiseFloor erase grant")]
    [InlineData("grant:recovery", "putSlots")]
    [InlineData("slots:orders", "putSlots slots")]
    public async Task A_key_of_another_type_is_foreign_to_each_call_that_meets_it_and_nothing_is_changed(
        string key, string refusing)
    {
        var directory = await FilledAsync();
        var admin = await _shard.AdminAsync();
        (await admin.KeyDeleteAsync($"{{hf:00}}:{key}")).ShouldBeTrue("the directory has it");
        await admin.StringSetAsync($"{{hf:00}}:{key}", "somebody's");
        var before = await _shard.MemoryAsync();

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
                (await _shard.MemoryAsync()).ShouldBe(before);
            }

            before = await _shard.MemoryAsync();
        }

        string.Join(' ', refusals.Select(one => one.Call)).ShouldBe(refusing);
        refusals.ShouldAllBe(one => one.Refused.Trouble == DirectoryTrouble.Foreign);
        var said = refusals[0].Refused.Message;
        said.ShouldContain("something of another program in the place of a key of the directory");
        said.ShouldContain("keys that begin with {hf: must be left to it");
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("rec")]
    [InlineData("out")]
    [InlineData("hist")]
    public async Task No_shard_is_opened_where_another_program_has_one_of_its_keys(string key)
    {
        await _shard.StartAsync();
        await (await _shard.AdminAsync()).StringSetAsync($"{{hf:00}}:{key}", "somebody's");
        var before = await _shard.MemoryAsync();

        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            _shard.Open().OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel));

        refused.Trouble.ShouldBe(DirectoryTrouble.Foreign);
        (await _shard.MemoryAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task An_import_that_meets_a_foreign_key_at_its_second_grain_has_not_written_the_first()
    {
        var directory = await _shard.OpenedAsync();
        await directory.ReopenAsync(30);
        await (await _shard.AdminAsync()).StringSetAsync("{hf:00}:own:north", "somebody's");
        var before = await _shard.MemoryAsync();
        GrainRecord[] records = [Record(G("a"), West, null, E(11)), Record(G("b"), North, null, E(11))];

        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            directory.ImportAsync(records, FailoverWest, T(31), Cancel));

        refused.Trouble.ShouldBe(DirectoryTrouble.Foreign);
        (await _shard.MemoryAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Records_without_a_meta_are_not_taken_for_a_new_directory()
    {
        await _shard.StartAsync();
        var admin = await _shard.AdminAsync();
        await admin.HashSetAsync("{hf:00}:rec", "cart/a", "000000000000000b1,f,east,");
        var before = await _shard.MemoryAsync();

        var opened = await _shard.Open().OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);

        opened.Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await _shard.MemoryAsync()).ShouldBe(before);
    }

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
        ("lookup", () => directory.LookupAsync(G("b"))),
        ("scan", () => directory.ScanAsync(0, null, Cancel)),
        ("describe", () => directory.ShardAsync(0, Cancel)),
        ("readOutbox", () => directory.ReadOutboxAsync(0, 0, 10, Cancel)),
        ("confirm", () => directory.ConfirmAsync(new ShardVersion("another", 1))),
        ("open", () => directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel)),
        ("trim", () => directory.TrimOutboxAsync(0, FailoverWest, T(20), 1, Cancel)),
        ("raiseFloor", () => directory.RaiseFloorAsync(0, FailoverWest, T(20), T(10), Cancel)),
        ("erase", () => directory.EraseTombstonesAsync(0, FailoverWest, T(20), null, Cancel)),
        ("grant", () => directory.GrantAsync(FailoverWest, 21)),
        ("reopen", () => directory.ReopenShardAsync(0, FailoverWest, T(30), T(30), Cancel)),
        ("reassert", () => directory.ReassertAsync(G("c"), E(11), East, 11, 31)),
        ("import", () => directory.ImportAsync([Record(G("d"), East, null, E(11))], FailoverWest, T(31), Cancel)),
        ("close", () => directory.CloseAsync(30)),
    ];

    /// <summary>A shard that has every kind of key.</summary>
    private async Task<RedisGrainDirectory> FilledAsync()
    {
        var directory = await _shard.OpenedAsync();
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
}
