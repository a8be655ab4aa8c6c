using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task The_floor_is_only_ever_raised_and_only_under_the_installed_grant()
    {
        var directory = await OpenedAsync();
        var without = await directory.RaiseFloorAsync(0, FailoverWest, T(20), T(15), Cancel);
        await directory.GrantAsync(FailoverWest, 20);

        var raised = await directory.RaiseFloorAsync(0, FailoverWest, T(20), T(15), Cancel);
        var again = await directory.RaiseFloorAsync(0, FailoverWest, T(20), T(15), Cancel);
        var lower = await directory.RaiseFloorAsync(0, FailoverWest, T(20), T(12), Cancel);

        without.Status.ShouldBe(DirectoryStatus.GrantSuperseded);
        (raised.Status, raised.Bound).ShouldBe((DirectoryStatus.Ok, T(15)));
        again.ShouldBe(raised);
        lower.ShouldBe(raised);
        (await directory.ClaimAsync(G("a"), East, 14, 14)).Status.ShouldBe(DirectoryStatus.BelowFloor);
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.RaiseFloorAsync(0, FailoverWest, T(20), T(21), Cancel));
    }

    [Fact]
    public async Task Only_tombstones_below_the_floor_are_erased_and_their_grains_are_claimed_above_them()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([G("old"), G("live")], East, 11, 11);
        await directory.ClaimAsync(G("young"), East, 12, 15);
        await directory.ReleaseAsync(G("old"), E(11), 11);
        await directory.ReleaseAsync(G("young"), E(15), 12);
        await directory.RegisterAsync(Ext("a"), East, 1);
        await directory.GrantAsync(FailoverWest, 20);
        var early = await directory.EraseTombstonesAsync(0, FailoverWest, T(20), null, Cancel);
        await directory.RaiseFloorAsync(0, FailoverWest, T(20), T(15), Cancel);

        var erased = await directory.EraseTombstonesAsync(0, FailoverWest, T(20), null, Cancel);
        var late = await directory.ClaimAsync(G("old"), East, 11, 11);

        early.Erased.ShouldBe(0);
        (erased.Status, erased.Erased, erased.Next).ShouldBe((DirectoryStatus.Ok, 1, null));
        late.Status.ShouldBe(DirectoryStatus.BelowFloor);
        (await directory.LookupAsync(G("old"))).Status.ShouldBe(DirectoryStatus.NotFound);
        (await directory.ReleaseAsync(G("old"), E(11), 11)).Status.ShouldBe(DirectoryStatus.NotFound);
        (await directory.LookupAsync(G("young"))).Record!.Tombstone.ShouldBeTrue();
        (await directory.ListAllAsync(East)).Count.ShouldBe(2);
        (await directory.ClaimAsync(G("old"), East, 11, 16)).Record.ShouldBe(Record(G("old"), East, 11, E(16)));
    }

    [Fact]
    public async Task A_deposed_election_erases_and_raises_nothing()
    {
        var directory = await OpenedAsync();
        await directory.GrantAsync(FailoverWest, 20);
        await directory.GrantAsync(FailoverWest, 21);

        var erased = await directory.EraseTombstonesAsync(0, FailoverWest, T(20), null, Cancel);
        var raised = await directory.RaiseFloorAsync(0, FailoverWest, T(20), T(15), Cancel);

        (erased.Status, erased.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, T(21)));
        (raised.Status, raised.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, T(21)));
        (await directory.EraseTombstonesAsync(0, FailoverWest, T(9), null, Cancel)).Status
            .ShouldBe(DirectoryStatus.BelowFloor);
    }

    [Fact]
    public async Task A_shard_is_erased_page_by_page()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(1_200), East, 11, 11);
        await directory.ReleaseAsync(
            [.. Many(1_200).Skip(100).Select(grain => new HeldGrain(grain, E(11)))], S(11), Cancel);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.RaiseFloorAsync(0, FailoverWest, T(20), T(20), Cancel);

        var (erased, cursor) = (0, (string?)null);
        do
        {
            var answer = await directory.EraseTombstonesAsync(0, FailoverWest, T(20), cursor, Cancel);
            answer.Status.ShouldBe(DirectoryStatus.Ok);
            (erased, cursor) = (erased + answer.Erased, answer.Next);
        }
        while (cursor is not null);

        erased.ShouldBe(1_100);
        (await directory.ScanAllAsync()).Select(record => record.Grain).ShouldBe(Many(100), ignoreOrder: true);
    }

    [Fact]
    public async Task A_scan_finds_every_record_once_or_more_and_tombstones_too()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(1_200), East, 11, 11);
        await directory.ReleaseAsync(G("k7"), E(11), 11);
        await directory.RegisterAsync(Ext("a"), West, 3);

        var records = await directory.ScanAllAsync();

        records.Count.ShouldBe(1_201);
        records.Single(record => record.Grain == G("k7")).Tombstone.ShouldBeTrue();
        records.Single(record => record.Grain == Ext("a")).ShouldBe(Record(Ext("a"), West, null, E(0, 3)));
    }

    [Fact]
    public async Task Counts_are_of_live_records_and_follow_every_change()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(5), East, 11, 11);
        await directory.ReleaseAsync(G("k0"), E(11), 11);
        await directory.OfferAsync(G("k1"), E(11), 11, North);
        await directory.AcceptAsync(G("k1"), North, 12, 12);

        var answer = await directory.CountAsync(0, [North, West, East], Cancel);

        (answer.Status, answer.Version.Seq).ShouldBe((DirectoryStatus.Ok, 4ul));
        answer.Counts.ShouldBe([1, 0, 3]);
        await Should.ThrowAsync<ArgumentException>(() => directory.CountAsync(0, [], Cancel));
        await Should.ThrowAsync<ArgumentException>(() => directory.CountAsync(0, [default], Cancel));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.CountAsync(0, [.. Enumerable.Repeat(East, 501)], Cancel));
    }

    [Fact]
    public async Task Who_owns_something_is_named_also_by_a_count_of_others_for_as_long_as_it_does()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(5), East, 11, 11);
        await directory.RegisterAsync(Ext("a"), North, 1);
        (await Others(West)).ShouldBe([(East, 5), (North, 1)], ignoreOrder: true);
        (await Others(East)).ShouldBe([(North, 1)]);

        await directory.GrantAsync(FailoverWest, 20);
        await directory.PromoteAsync(FailoverWest, 20, East);
        await directory.OfferAsync(G("k1"), E(11), 11, North);

        (await Others(North)).ShouldBe([(West, 5)]);
        await directory.PromoteAsync(FailoverWest, 20, North);
        (await Others(West)).ShouldBeEmpty();

        async Task<List<(ClusterId, long)>> Others(ClusterId asked) =>
        [
            .. (await directory.CountAsync(0, [asked], Cancel)).Others.Select(one => (one.Cluster, one.Grains)),
        ];
    }

    [Fact]
    public async Task Exported_records_come_back_in_the_window_where_nothing_higher_is_known()
    {
        var directory = await OpenedAsync();
        await directory.ReopenAsync(30);
        await directory.ReassertAsync(G("newer"), E(12), West, 12, 32);
        await directory.ReassertAsync(G("older"), E(11), West, 11, 32);
        await directory.ReassertAsync(G("same"), E(13), West, 12, 32);
        GrainRecord[] records =
        [
            Record(G("lost"), East, 14, E(14), GrainKind.Leased),
            Record(G("gone"), East, null, E(15, 3), tombstone: true),
            Record(Ext("a"), North, null, E(0, 9)),
            Record(G("newer"), East, 11, E(11)),
            Record(G("older"), East, 14, E(14)),
            Record(G("same"), West, 12, E(13)),
            Record(G("future"), East, 90, E(90)),
        ];

        var answers = await directory.ImportAsync(records, FailoverWest, T(31), Cancel);
        var again = await directory.ImportAsync(records, FailoverWest, T(31), Cancel);
        await directory.CloseAsync(30);
        var late = await directory.ImportAsync(records, FailoverWest, T(31), Cancel);

        answers.Select(answer => answer.Status).ShouldBe(
        [
            DirectoryStatus.Ok, DirectoryStatus.Ok, DirectoryStatus.Ok, DirectoryStatus.LostRace,
            DirectoryStatus.Ok, DirectoryStatus.Ok, DirectoryStatus.TokenTooLow,
        ]);
        again.Select(answer => (answer.Status, answer.Record))
            .ShouldBe(answers.Select(answer => (answer.Status, answer.Record)));
        late.ShouldAllBe(answer => answer.Status == DirectoryStatus.NotReasserting);
        answers[6].Bound.ShouldBe(T(90));
        (await directory.LookupAsync(G("lost"))).Record.ShouldBe(records[0]);
        (await directory.LookupAsync(G("gone"))).Record.ShouldBe(records[1]);
        (await directory.ListAllAsync(East)).Select(record => record.Grain)
            .ShouldBe([G("lost"), G("older")], ignoreOrder: true);
        var demoted = Decoded<Contracts.GrainDemoted>((await directory.OutboxAsync()).ShouldHaveSingleItem());
        (demoted.PreviousHolder, demoted.Cause).ShouldBe((S(11).ToString(), "import"));
    }

    [Fact]
    public async Task Records_that_no_directory_can_have_written_are_not_imported()
    {
        var directory = await OpenedAsync();
        await directory.ReopenAsync(30);
        GrainRecord[] illegal =
        [
            Record(default, East, 11, E(11)),
            Record(G("a"), default, 11, E(11)),
            Record(G("a"), East, 0, E(11)),
            Record(G("a"), East, 11, E(11, 0)),
            Record(G("a"), East, 11, E(0)),
            Record(G("a"), East, 11, E(11), tombstone: true),
            Record(Ext("a"), East, null, E(11)),
            Record(Ext("a"), East, 11, E(0, 1)),
            Record(Ext("a"), East, null, E(0, 1), tombstone: true),
            Record(Ext("a"), East, null, E(0, ulong.MaxValue)),
            Record(G("a"), East, 11, E(11, ulong.MaxValue)),
        ];

        foreach (var record in illegal)
        {
            await Should.ThrowAsync<ArgumentException>(() =>
                directory.ImportAsync([record], FailoverWest, T(31), Cancel));
        }

        (await directory.ScanAllAsync()).ShouldBeEmpty();
    }
}
