using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

/// <summary>
/// What every implementation of <see cref="IGrainDirectory"/> must do, rule by rule of the operation table in
/// docs/protocols/directory.md. Tests of one shard have a directory of one shard.
/// </summary>
public abstract partial class GrainDirectoryContract : IAsyncDisposable
{
    /// <summary>These tests are about answers, not about time, and may run on a busy machine.</summary>
    protected static readonly TimeSpan PatientDeadline = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A directory without memory; calling it again with other options forgets what was there.</summary>
    protected abstract Task<IGrainDirectory> CreateAsync(DirectoryOptions options);

    /// <summary>Puts a record into the newest directory's store, unannounced.</summary>
    protected abstract Task PlantAsync(GrainRecord record);

    /// <summary>
    /// Puts a grain into the index of a cluster that it is not of, or not any more, and out of its owner's if that one
    /// is named.
    /// </summary>
    protected abstract Task MisfileAsync(GrainId grain, ClusterId under, ClusterId? owner = null);

    /// <summary>Makes the only shard lose all its memory.</summary>
    protected abstract Task ForgetAsync();

    /// <summary>Remembers what the only shard knows now.</summary>
    protected abstract Task RememberAsync();

    /// <summary>Makes the only shard know what it knew then.</summary>
    protected abstract Task RollBackAsync();

    /// <summary>Makes the only shard another process' work, or look like that; nothing is lost.</summary>
    protected abstract Task RestartAsync();

    public abstract ValueTask DisposeAsync();

    protected async Task<IGrainDirectory> OpenedAsync(DirectoryOptions? options = null)
    {
        var directory = await CreateAsync(options ?? new DirectoryOptions { Shards = 1 });
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var opened = await directory.OpenShardAsync(shard, FailoverWest, T(9), Floor, Cancel);
            opened.Status.ShouldBe(DirectoryStatus.Ok);
        }

        return directory;
    }

    [Fact]
    public async Task A_shard_that_was_never_opened_is_lost_for_every_operation()
    {
        var directory = await CreateAsync(new DirectoryOptions { Shards = 1 });

        (await directory.ShardAsync(0, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ClaimAsync(G("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.RegisterAsync(Ext("a"), East, 1)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ReleaseAsync(G("a"), E(11), 11)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ListByOwnerAsync(0, East, null, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.GrantAsync(FailoverWest, 11)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.PromoteAsync(FailoverWest, 11, East)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ReadOutboxAsync(0, 0, 10, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.TrimAsync(FailoverWest, 11, 1)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.HistoryAsync(G("a"), 10, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await PutAsync(directory, 20, First(0))).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.OfferAsync(G("a"), E(11), 11, West)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.AcceptAsync(G("a"), West, 12, 12)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ReassertAsync(G("a"), E(11), East, 11, 12)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ImportAsync([Record(G("a"), East, 11, E(11))], FailoverWest, T(12), Cancel))[0].Status
            .ShouldBe(DirectoryStatus.ShardLost);
        (await directory.CloseAsync(30)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ConfirmAsync(new ShardVersion("gen", 0))).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.RaiseFloorAsync(0, FailoverWest, T(12), T(11), Cancel)).Status
            .ShouldBe(DirectoryStatus.ShardLost);
        (await directory.EraseTombstonesAsync(0, FailoverWest, T(12), null, Cancel)).Status
            .ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ScanAsync(0, null, Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.CountAsync(0, [East], Cancel)).Status.ShouldBe(DirectoryStatus.ShardLost);
    }

    [Fact]
    public async Task Opening_a_shard_again_changes_nothing()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        var before = await directory.ShardAsync(0, Cancel);

        var again = await directory.OpenShardAsync(0, FailoverNorth, T(99), T(50), Cancel);

        again.ShouldBe(before);
        before.Bound.ShouldBe(Floor);
        before.Version.Gen.ShouldNotBeEmpty();
        (await directory.LookupAsync(G("a"))).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task Every_change_raises_the_sequence_and_reading_does_not()
    {
        var directory = await OpenedAsync();
        var opened = (await directory.ShardAsync(0, Cancel)).Version;

        var claimed = (await directory.ClaimAsync(G("a"), East, 11, 11)).Shard;
        var read = (await directory.LookupAsync(G("a"))).Shard;

        claimed.Gen.ShouldBe(opened.Gen);
        claimed.Seq.ShouldBe(opened.Seq + 1);
        read.ShouldBe(claimed);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        var directory = await OpenedAsync();

        var answer = await directory.LookupAsync(G("nobody's"));

        answer.Status.ShouldBe(DirectoryStatus.NotFound);
        answer.Record.ShouldBeNull();
    }

    [Fact]
    public async Task Keys_of_any_script_and_length_come_back_as_they_were()
    {
        var directory = await OpenedAsync();
        GrainId[] grains =
        [
            G("a/b/c"), G("mit Leerzeichen"), G("ключ"), G("🔑,|\"'\\{}"), G(new string('x', GrainId.KeyBytesMax)),
        ];

        await directory.ClaimAllAsync(grains, East, 11, 11);

        var found = await directory.LookupAsync(grains, Cancel);
        found.Select(answer => answer.Record!.Grain).ShouldBe(grains);
        (await directory.ListAllAsync(East)).Select(record => record.Grain).ShouldBe(grains, ignoreOrder: true);
        (await directory.HistoryAsync(grains[3], 10, Cancel)).Entries.ShouldHaveSingleItem()
            .Record.Grain.ShouldBe(grains[3]);
    }

    [Fact]
    public async Task Answers_come_in_the_order_asked_whatever_the_shards()
    {
        var directory = await OpenedAsync(new DirectoryOptions { Shards = 16 });
        var grains = Many(1_200);

        await directory.ClaimAllAsync(grains, East, 11, 11);
        var answers = await directory.LookupAsync([.. grains.Reverse()], Cancel);

        answers.Select(answer => answer.Grain).ShouldBe(grains.Reverse());
        answers.ShouldAllBe(answer => answer.Record == Record(answer.Grain, East, 11, E(11), default, false));
    }

    [Fact]
    public async Task An_empty_call_is_answered_with_nothing()
    {
        var directory = await OpenedAsync();

        (await directory.LookupAsync([], Cancel)).ShouldBeEmpty();
        (await directory.ClaimAsync([], East, S(11), T(11), Cancel)).ShouldBeEmpty();
        (await directory.ReleaseAsync([], S(11), Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Arguments_that_no_caller_may_give_are_refused_before_anything_is_sent()
    {
        var directory = await OpenedAsync();
        var promote = new PromoteCall(0, FailoverWest, T(20), East, [], null, "why");

        await Should.ThrowAsync<ArgumentException>(() => directory.LookupAsync(default(GrainId)));
        await Should.ThrowAsync<ArgumentException>(() => directory.ShardAsync(1, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => directory.ShardAsync(-1, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => directory.ClaimAsync(G("a"), default, 11, 11));
        await Should.ThrowAsync<ArgumentException>(() => directory.ClaimAsync(G("a"), East, 0, 11));
        await Should.ThrowAsync<ArgumentException>(() => directory.ClaimAsync(G("a"), East, 11, 0));
        await Should.ThrowAsync<ArgumentException>(() => directory.RegisterAsync(Ext("a"), East, 0));
        await Should.ThrowAsync<ArgumentException>(() => directory.RegisterAsync(Ext("a"), East, ulong.MaxValue));
        await Should.ThrowAsync<ArgumentException>(() => directory.GrantAsync(new ElectionName("mine/west"), 20));
        await Should.ThrowAsync<ArgumentException>(() => directory.GrantAsync(new ElectionName("failover"), 20));
        await Should.ThrowAsync<ArgumentException>(() => directory.ReadOutboxAsync(0, 0, 0, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => directory.HistoryAsync(G("a"), 1_001, Cancel));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.PromoteAsync(promote with { From = West }, Cancel));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.PromoteAsync(promote with { Election = ElectionName.Recovery(West) }, Cancel));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.PromoteAsync(promote with { Cause = "two\nlines" }, Cancel));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.PromoteAsync(promote with { Cursor = "not a cursor" }, Cancel));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.ListByOwnerAsync(0, East, "not a cursor", Cancel));
        (await directory.OutboxAsync()).ShouldBeEmpty();
    }
}
