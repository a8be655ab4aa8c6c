using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests;

/// <summary>When a Failover raises floors and erases tombstones, step by step.</summary>
public sealed class UpkeepTests
{
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    private readonly Upkeep _upkeep = new(Age);
    private Instant _now = new(0);

    [Fact]
    public void It_rests_renews_notes_the_lowest_grant_lets_it_age_and_then_erases_below_it_page_by_page()
    {
        Next(Seen(20, lowest: 12)).ShouldBeNull();
        Later(Age);
        Next(Seen(20, lowest: 12)).ShouldBe(new UpkeepStep.Renew());
        Next(Seen(20, lowest: 12)).ShouldBeNull();
        Next(Seen(30, lowest: 25)).ShouldBeNull();
        Later(Age - TimeSpan.FromSeconds(1));
        Next(Seen(31, lowest: 31)).ShouldBeNull();
        Later(TimeSpan.FromSeconds(1));

        Done(Next(Seen(31, lowest: 31))).ShouldBe(new UpkeepStep.RaiseFloor(1, T(31), T(25)));
        Done(Next(Seen(31, lowest: 31)), "7").ShouldBe(new UpkeepStep.Erase(1, T(31), null));
        Done(Next(Seen(31, lowest: 31))).ShouldBe(new UpkeepStep.Erase(1, T(31), "7"));
        Done(Next(Seen(32, lowest: 31))).ShouldBe(new UpkeepStep.RaiseFloor(4, T(32), T(25)));
        Done(Next(Seen(32, lowest: 31))).ShouldBe(new UpkeepStep.Erase(4, T(32), null));
        Next(Seen(32, lowest: 31)).ShouldBe(new UpkeepStep.Renew());
    }

    [Fact]
    public void An_observation_from_before_the_renewal_is_not_believed()
    {
        Renewed();
        Next(Seen(30, lowest: 25) with { Horizon = T(29) });
        Later(Age * 10);

        Next(Seen(30, lowest: 26)).ShouldBeNull();
        Later(Age);

        Next(Seen(30, lowest: 30)).ShouldBe(new UpkeepStep.RaiseFloor(1, T(30), T(26)));
    }

    [Fact]
    public void The_floor_is_never_above_the_own_token()
    {
        Renewed();
        Next(Seen(30, lowest: 35) with { Horizon = T(40) });
        Later(Age);

        Next(Seen(30, lowest: 35)).ShouldBe(new UpkeepStep.RaiseFloor(1, T(30), T(30)));
    }

    [Fact]
    public void Where_nobody_is_seen_to_hold_an_election_nothing_is_noted()
    {
        Renewed();
        Next(Seen(30, lowest: 25) with { LowestGrant = null });
        Later(Age * 2);

        Next(Seen(30, lowest: 25)).ShouldBeNull();
    }

    [Fact]
    public void A_shard_that_is_anothers_by_now_is_left()
    {
        Noted();

        Done(Next(Seen(30, lowest: 30))).ShouldBe(new UpkeepStep.RaiseFloor(1, T(30), T(25)));
        Next(Seen(30, lowest: 30) with { Shards = [4] }).ShouldBe(new UpkeepStep.RaiseFloor(4, T(30), T(25)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_shard_where_a_step_failed_is_left_for_the_next_round(int stepsBefore)
    {
        Noted();
        for (var i = 0; i < stepsBefore; i++) Done(Next(Seen(30, lowest: 30)), "7");

        _upkeep.Ended(Next(Seen(30, lowest: 30))!, isDone: false);

        Next(Seen(30, lowest: 30)).ShouldBe(new UpkeepStep.RaiseFloor(4, T(30), T(25)));
    }

    [Fact]
    public void Who_loses_its_election_begins_anew()
    {
        Noted();
        Done(Next(Seen(30, lowest: 30)));

        Next(Seen(0, lowest: 30)).ShouldBeNull();

        Next(Seen(50, lowest: 30)).ShouldBeNull();
        Later(Age);
        Next(Seen(50, lowest: 30)).ShouldBe(new UpkeepStep.Renew());
    }

    [Fact]
    public void A_failover_without_shards_renews_its_token_for_the_others_sake()
    {
        Renewed();
        Next(Seen(30, lowest: 25));
        Later(Age);

        Next(Seen(30, lowest: 25) with { Shards = [] }).ShouldBe(new UpkeepStep.Renew());
    }

    [Fact]
    public void A_renewal_advances_the_election_and_nothing_else_does_it_while_it_is_not_held()
    {
        var machine = new FailoverMachine(new ClusterId("west"), 2, new FailoverOptions(), new Random(1));
        machine.Step(new FailoverInput.Renew(), _now).AdvanceElection.ShouldBeFalse();
        machine.Step(new FailoverInput.GrantHeld(T(9)), _now).AdvanceElection.ShouldBeFalse();

        machine.Step(new FailoverInput.Renew(), _now).AdvanceElection.ShouldBeTrue();

        machine.Step(new FailoverInput.Advanced(T(12)), _now).AdvanceElection.ShouldBeFalse();
        machine.View().Token.ShouldBe(T(12));
    }

    private static Token T(ulong value) => new(value);

    private static UpkeepSighting Seen(ulong token, ulong lowest) => new(T(token), [1, 4], T(token), T(lowest));

    /// <summary>It has asked for a newer token than 20.</summary>
    private void Renewed()
    {
        Next(Seen(20, lowest: 12));
        Later(Age);
        Next(Seen(20, lowest: 12)).ShouldBe(new UpkeepStep.Renew());
    }

    /// <summary>It has noted the floor 25, and that is old enough.</summary>
    private void Noted()
    {
        Renewed();
        Next(Seen(30, lowest: 25));
        Later(Age);
    }

    private UpkeepStep? Next(UpkeepSighting seen) => _upkeep.Next(seen, _now);

    private UpkeepStep? Done(UpkeepStep? step, string? next = null)
    {
        _upkeep.Ended(step!, isDone: true, next);
        return step;
    }

    private void Later(TimeSpan by) => _now += by;
}
