using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task A_grant_only_ever_rises()
    {
        var directory = await OpenedAsync();

        var first = await directory.GrantAsync(FailoverWest, 20);
        var again = await directory.GrantAsync(FailoverWest, 20);
        var higher = await directory.GrantAsync(FailoverWest, 21);
        var lower = await directory.GrantAsync(FailoverWest, 20);
        var other = await directory.GrantAsync(FailoverNorth, 20);
        var below = await directory.GrantAsync(FailoverNorth, 9);

        first.Status.ShouldBe(DirectoryStatus.Ok);
        again.Status.ShouldBe(DirectoryStatus.Ok);
        higher.Status.ShouldBe(DirectoryStatus.Ok);
        lower.Status.ShouldBe(DirectoryStatus.GrantSuperseded);
        lower.Bound.ShouldBe(T(21));
        other.Status.ShouldBe(DirectoryStatus.Ok);
        below.Status.ShouldBe(DirectoryStatus.BelowFloor);
        below.Bound.ShouldBe(Floor);
    }

    [Fact]
    public async Task A_promotion_moves_the_dead_clusters_grains_and_clears_their_holder()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync([G("a"), G("b")], East, 11, 11);
        await directory.ClaimAsync(G("c"), North, 12, 12);
        await directory.GrantAsync(FailoverWest, 20);

        var answer = await directory.PromoteAsync(FailoverWest, 20, East);

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        answer.Promoted.ShouldBe(2);
        answer.Remaining.ShouldBe(0);
        answer.Next.ShouldBeNull();
        (await directory.ListAllAsync(East)).ShouldBeEmpty();
        (await directory.ListAllAsync(West)).ShouldBe(
            [Record(G("a"), West, null, E(20)), Record(G("b"), West, null, E(20))], ignoreOrder: true);
        (await directory.ListAllAsync(North)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_promotion_repeated_changes_nothing()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        var first = await directory.PromoteAsync(FailoverWest, 20, East);

        var second = await directory.PromoteAsync(FailoverWest, 20, East);

        second.ShouldBe(first with { Promoted = 0 });
        (await directory.OutboxAsync(after: 1)).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(19ul)]
    [InlineData(21ul)]
    public async Task A_promotion_demands_exactly_the_installed_grant(ulong? installed)
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        if (installed is { } token) await directory.GrantAsync(FailoverWest, token);

        var answer = await directory.PromoteAsync(FailoverWest, 20, East);

        answer.Status.ShouldBe(DirectoryStatus.GrantSuperseded);
        answer.Bound.ShouldBe(T(installed ?? 0));
        (await directory.LookupAsync(G("a"))).Record!.Cluster.ShouldBe(East);
    }

    [Fact]
    public async Task A_promotion_below_the_floor_is_refused()
    {
        var directory = await OpenedAsync();

        var answer = await directory.PromoteAsync(FailoverWest, 9, East);

        answer.Status.ShouldBe(DirectoryStatus.BelowFloor);
        answer.Bound.ShouldBe(Floor);
    }

    [Fact]
    public async Task A_record_claimed_under_a_newer_token_stays_and_is_counted()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("older"), East, 11, 19);
        await directory.ClaimAsync(G("newer"), East, 12, 21);
        await PlantAsync(Record(G("equal"), East, 12, E(20)));
        await directory.GrantAsync(FailoverWest, 20);

        var answer = await directory.PromoteAsync(FailoverWest, 20, East);

        answer.Promoted.ShouldBe(1);
        answer.Newer.ShouldBe(2);
        answer.Remaining.ShouldBe(2);
        (await directory.LookupAsync(G("newer"))).Record.ShouldBe(Record(G("newer"), East, 12, E(21)));
    }

    [Fact]
    public async Task A_promotion_takes_as_many_living_sessions_as_there_can_be_and_not_one_more()
    {
        var directory = await OpenedAsync();
        await directory.GrantAsync(FailoverWest, 20);
        await PlantAsync(Record(G("leased"), East, 20_010, E(11), GrainKind.Leased));
        IReadOnlyList<SessionId> living = [.. Enumerable.Range(11, 20_000).Select(opened => S((ulong)opened))];

        var most = await directory.PromoteAsync(FailoverWest, 20, East, living: living);
        var more = await Should.ThrowAsync<ArgumentException>(() =>
            directory.PromoteAsync(FailoverWest, 20, East, living: [.. living, S(30_000)]));

        (most.Promoted, most.Leased).ShouldBe((0, 1));
        more.Message.ShouldContain("20001 living sessions were named, a promotion takes 20000.");
    }

    [Fact]
    public async Task A_leased_record_waits_for_the_end_of_its_holders_session()
    {
        var directory = await OpenedAsync();
        await directory.GrantAsync(FailoverWest, 20);
        await PlantAsync(Record(G("leased"), East, 11, E(11), GrainKind.Leased));
        await PlantAsync(Record(G("fenced"), East, 11, E(11)));

        var while_living = await directory.PromoteAsync(FailoverWest, 20, East, living: [S(11), S(12)]);
        var after_end = await directory.PromoteAsync(FailoverWest, 20, East, living: [S(12)]);

        while_living.Promoted.ShouldBe(1);
        while_living.Leased.ShouldBe(1);
        while_living.Remaining.ShouldBe(1);
        after_end.Promoted.ShouldBe(1);
        (await directory.LookupAsync(G("leased"))).Record.ShouldBe(
            Record(G("leased"), West, null, E(20), GrainKind.Leased));
    }

    [Theory]
    [InlineData(7ul)]
    [InlineData(0xful)]
    [InlineData(0xffff_fffful)]
    [InlineData(0x7fff_ffff_ffff_fffful)]
    public async Task A_promotion_raises_a_registered_number_by_one(ulong number)
    {
        var directory = await OpenedAsync();
        await directory.RegisterAsync(Ext("a"), East, number);
        await directory.GrantAsync(FailoverWest, 20);

        await directory.PromoteAsync(FailoverWest, 20, East);

        (await directory.LookupAsync(Ext("a"))).Record.ShouldBe(Record(Ext("a"), West, null, E(0, number + 1)));
    }

    [Fact]
    public async Task A_promotion_takes_250_grains_a_call_and_says_how_many_remain()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(1_200), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);

        var answers = await directory.PromoteAllAsync(FailoverWest, 20, East);

        answers.ShouldAllBe(answer => answer.Promoted <= DirectoryLimits.GrainsPerPromotion);
        answers.Sum(answer => answer.Promoted).ShouldBe(1_200);
        answers[^1].Remaining.ShouldBe(0);
        answers[0].Remaining.ShouldBe(1_200 - answers[0].Promoted);
        (await directory.ListAllAsync(West)).Count.ShouldBe(1_200);
        var events = (await directory.OutboxAsync()).Where(entry => entry.EventType == "GrainPromoted");
        events.ShouldAllBe(entry =>
            Decoded<Contracts.GrainPromoted>(entry).Grains.Count <= DirectoryLimits.GrainsPerPromotion);
    }

    [Fact]
    public async Task Paging_hands_out_each_of_1200_grains_that_stay_while_others_leave()
    {
        var directory = await OpenedAsync();
        var grains = Many(1_200);
        await directory.ClaimAllAsync(grains, East, 11, 11);
        var leaving = grains.Where((_, index) => index % 3 == 0).Select(grain => new HeldGrain(grain, E(11))).ToList();

        var seen = new HashSet<GrainId>();
        string? cursor = null;
        do
        {
            var page = await directory.ListByOwnerAsync(0, East, cursor, Cancel);
            seen.UnionWith(page.Records.Select(record => record.Grain));
            await directory.ReleaseAsync([.. leaving.Take(150)], S(11), Cancel);
            leaving.RemoveRange(0, Math.Min(150, leaving.Count));
            cursor = page.Next;
        }
        while (cursor is not null);

        seen.ShouldBeSubsetOf(grains);
        grains.Where((_, index) => index % 3 != 0).ShouldBeSubsetOf(seen);
    }

    [Fact]
    public async Task Of_two_promoters_at_once_each_grain_has_one_winner()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAllAsync(Many(1_200), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.GrantAsync(FailoverNorth, 21);

        var both = await Task.WhenAll(
            Task.Run(() => directory.PromoteAllAsync(FailoverWest, 20, East), Cancel),
            Task.Run(() => directory.PromoteAllAsync(FailoverNorth, 21, East), Cancel));

        both.Sum(answers => answers.Sum(answer => answer.Promoted)).ShouldBe(1_200);
        var west = await directory.ListAllAsync(West);
        var north = await directory.ListAllAsync(North);
        west.Select(record => record.Grain).Intersect(north.Select(record => record.Grain)).ShouldBeEmpty();
        west.Count.ShouldBe(both[0].Sum(answer => answer.Promoted));
        north.Count.ShouldBe(both[1].Sum(answer => answer.Promoted));
        west.ShouldAllBe(record => record.Epoch == E(20, 1));
        north.ShouldAllBe(record => record.Epoch == E(21, 1));
    }

    [Fact]
    public async Task A_leased_record_of_a_session_from_before_a_restore_waits_though_nobody_knows_the_session()
    {
        var directory = await OpenedAsync();
        await PlantAsync(Record(G("unknown"), East, 11, E(11), GrainKind.Leased));
        await PlantAsync(Record(G("later"), East, 13, E(13), GrainKind.Leased));
        await directory.ClaimAsync(G("fenced"), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        var call = new PromoteCall(0, FailoverWest, T(20), East, [], null, "why");

        var meanwhile = await directory.PromoteAsync(call with { LivingBefore = S(12) }, Cancel);
        var afterwards = await directory.PromoteAsync(call, Cancel);

        (meanwhile.Promoted, meanwhile.Leased, meanwhile.Remaining).ShouldBe((2, 1, 1));
        (afterwards.Promoted, afterwards.Leased, afterwards.Remaining).ShouldBe((1, 0, 0));
    }

    [Fact]
    public async Task After_a_promotion_a_process_of_the_new_cluster_claims_and_the_old_owner_loses()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.GrantAsync(FailoverWest, 20);
        await directory.PromoteAsync(FailoverWest, 20, East);

        var stale = await directory.ClaimAsync(G("a"), East, 11, 11);
        var tooLow = await directory.ClaimAsync(G("a"), West, 15, 15);
        var equal = await directory.ClaimAsync(G("a"), West, 15, 20);
        var advanced = await directory.ClaimAsync(G("a"), West, 15, 21);

        stale.Status.ShouldBe(DirectoryStatus.LostRace);
        stale.Record.ShouldBe(Record(G("a"), West, null, E(20)));
        tooLow.Status.ShouldBe(DirectoryStatus.TokenTooLow);
        tooLow.Bound.ShouldBe(T(20));
        equal.Status.ShouldBe(DirectoryStatus.TokenTooLow);
        advanced.Record.ShouldBe(Record(G("a"), West, 15, E(21)));
    }
}
