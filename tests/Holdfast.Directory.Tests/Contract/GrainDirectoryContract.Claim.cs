using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task A_grain_nobody_had_is_claimed_under_the_claimers_token()
    {
        var directory = await OpenedAsync();

        var answer = await directory.ClaimAsync(G("a"), East, 11, 12);

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        answer.Record.ShouldBe(Record(G("a"), East, 11, E(12)));
        (await directory.LookupAsync(G("a"))).Record.ShouldBe(answer.Record);
    }

    [Fact]
    public async Task A_claim_below_the_floor_is_refused_and_told_the_floor()
    {
        var directory = await OpenedAsync();

        var below = await directory.ClaimAsync(G("a"), East, 9, 9);
        var at = await directory.ClaimAsync(G("a"), East, 9, 10);

        below.Status.ShouldBe(DirectoryStatus.BelowFloor);
        below.Bound.ShouldBe(T(10));
        at.Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_claim_repeated_changes_nothing_and_answers_as_before()
    {
        var directory = await OpenedAsync();
        var first = await directory.ClaimAsync(G("a"), East, 11, 11);

        var second = await directory.ClaimAsync(G("a"), East, 11, 11);

        second.ShouldBe(first);
        (await directory.OutboxAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_grain_claimed_twice_in_one_call_is_claimed_once()
    {
        var directory = await OpenedAsync();

        await directory.ClaimAllAsync([G("a"), G("a")], East, 11, 11);

        var change = (await directory.OutboxAsync()).ShouldHaveSingleItem();
        Decoded<Contracts.GrainClaimed>(change).Grains.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_holder_that_advanced_takes_its_grain_along_under_the_new_token()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var answer = await directory.ClaimAsync(G("a"), East, 11, 15);

        answer.Record.ShouldBe(Record(G("a"), East, 11, E(15)));
    }

    [Fact]
    public async Task A_late_claim_of_the_holder_under_an_older_token_is_told_to_advance()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 15);

        var late = await directory.ClaimAsync(G("a"), East, 11, 11);

        late.Status.ShouldBe(DirectoryStatus.TokenTooLow);
        late.Bound.ShouldBe(T(15));
        late.Record.ShouldBe(Record(G("a"), East, 11, E(15)));
    }

    [Fact]
    public async Task A_grain_held_by_another_session_of_the_cluster_is_a_lost_race()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var answer = await directory.ClaimAsync(G("a"), East, 12, 20);

        answer.Status.ShouldBe(DirectoryStatus.LostRace);
        answer.Record.ShouldBe(Record(G("a"), East, 11, E(11)));
    }

    [Fact]
    public async Task A_grain_of_another_cluster_is_a_lost_race_even_with_its_epoch()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var answer = await directory.ClaimAsync(G("a"), West, 12, 20, expected: E(11));

        answer.Status.ShouldBe(DirectoryStatus.LostRace);
        answer.Record!.Cluster.ShouldBe(East);
    }

    [Fact]
    public async Task Who_knows_the_epoch_takes_a_grain_from_another_holder_of_the_cluster_and_that_one_is_told()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);

        var answer = await directory.ClaimAsync(G("a"), East, 12, 12, expected: E(11));
        var repeated = await directory.ClaimAsync(G("a"), East, 12, 12, expected: E(11));

        answer.Record.ShouldBe(Record(G("a"), East, 12, E(12)));
        repeated.Status.ShouldBe(DirectoryStatus.Ok);
        var entries = await directory.OutboxAsync(after: 1);
        entries.Select(entry => entry.EventType).ShouldBe(["GrainClaimed", "GrainDemoted"]);
        Decoded<Contracts.GrainDemoted>(entries[1]).PreviousHolder.ShouldBe(S(11).ToString());
    }

    [Fact]
    public async Task Who_knows_the_epoch_still_needs_a_higher_token()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 15);

        var answer = await directory.ClaimAsync(G("a"), East, 12, 12, expected: E(15));

        answer.Status.ShouldBe(DirectoryStatus.TokenTooLow);
        answer.Bound.ShouldBe(T(15));
    }

    [Fact]
    public async Task An_expected_epoch_that_has_passed_is_a_lost_race()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ClaimAsync(G("a"), East, 11, 12);

        var answer = await directory.ClaimAsync(G("a"), East, 13, 13, expected: E(11));

        answer.Status.ShouldBe(DirectoryStatus.LostRace);
    }

    [Fact]
    public async Task Register_and_claim_keep_to_their_own_types()
    {
        var directory = await OpenedAsync();

        (await directory.ClaimAsync(Ext("a"), East, 11, 11)).Status.ShouldBe(DirectoryStatus.WrongKind);
        (await directory.RegisterAsync(G("a"), East, 5)).Status.ShouldBe(DirectoryStatus.WrongKind);
        (await directory.ReleaseAsync(Ext("a"), E(0, 5), 11)).Status.ShouldBe(DirectoryStatus.WrongKind);
        (await directory.OutboxAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_call_with_many_owners_before_announces_each_of_them_by_name()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(G("a"), East, 11, 11);
        await directory.ClaimAsync(G("b"), East, 12, 12);

        var answers = await directory.ClaimAsync(
            [new GrainClaim(G("a"), E(11)), new GrainClaim(G("b"), E(12)), new GrainClaim(G("c"))],
            East,
            S(13),
            T(13),
            Cancel);

        answers.ShouldAllBe(answer => answer.Status == DirectoryStatus.Ok);
        var entries = await directory.OutboxAsync(after: 2);
        entries.Select(entry => entry.EventType).ShouldBe(
            ["GrainClaimed", "GrainDemoted", "GrainClaimed", "GrainDemoted", "GrainClaimed"]);
        entries.Where(entry => entry.EventType == "GrainClaimed")
            .Select(entry => Decoded<Contracts.GrainClaimed>(entry).PreviousHolder)
            .ShouldBe([S(11).ToString(), S(12).ToString(), null]);
    }

    protected static T Decoded<T>(OutboxEntry entry) => OutboxEvents.Decode(0, entry).ShouldBeOfType<T>();
}
