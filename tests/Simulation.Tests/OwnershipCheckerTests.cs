using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Simulation.Tests;

/// <summary>The checker of ownership finds each fault that it is there for, and nothing where none is.</summary>
public sealed class OwnershipCheckerTests
{
    private static readonly GrainId Grain = new("order", "1");
    private static readonly ClusterId East = new("east");
    private static readonly ClusterId West = new("west");
    private static readonly ElectionName Failover = ElectionName.Failover(new ClusterId("west"));

    private readonly OwnershipHistory _history = new();

    [Fact]
    public void A_course_with_a_loss_that_was_noticed_and_repaired_is_right()
    {
        Claimed(East, 11, E(11), 1);
        Used(20, 2, isInstallation: true);
        Used(20, 3, isInstallation: false);
        Told(West, null, E(20), 3);
        Claimed(West, 21, E(21), 4);
        Wrote(E(11), isAccepted: true);
        Wrote(E(21), isAccepted: true);
        Wrote(E(11), isAccepted: false);
        _history.WasSetBack(new MemoryPoint(0, "g1", 1));
        _history.WasNoticed(0, "g1");
        Told(East, 11, E(11), 2, "g2");
        Told(West, 21, E(21), 3, "g2");
        Claimed(West, 21, E(31), 5, "g2");
        Announce(E(31));

        Check("g2").ShouldBeEmpty();
    }

    [Fact]
    public void Two_owners_under_one_epoch_are_found()
    {
        Told(East, 11, E(11), 1);
        Told(West, 11, E(11), 1);

        Check("g2").ShouldHaveSingleItem().ShouldStartWith("1: order/1 has 2 owners");
    }

    [Fact]
    public void A_guard_that_let_in_a_lower_epoch_is_found()
    {
        Wrote(E(21), isAccepted: true);
        Wrote(E(11), isAccepted: true);

        Check("g2").ShouldHaveSingleItem().ShouldStartWith("2: a write of order/1");
    }

    [Fact]
    public void An_epoch_that_fell_within_a_memory_is_found_whatever_the_order_of_the_answers()
    {
        Told(West, 21, E(11), 4);
        Told(East, 21, E(21), 3);

        Check("g2").ShouldHaveSingleItem().ShouldStartWith("3: order/1 fell from");
    }

    [Fact]
    public void A_change_in_the_memory_that_is_left_and_that_nobody_announced_is_found()
    {
        Claimed(East, 11, E(11), 1);

        Check("g1").ShouldHaveSingleItem().ShouldStartWith("3: nobody announced");
        Announce(E(11));
        Check("g1").ShouldBeEmpty();
    }

    [Fact]
    public void What_changed_after_the_look_at_what_is_left_need_not_be_announced_yet()
    {
        _history.Ends();
        Claimed(East, 12, E(12), 10);
        _history.Released(new ReleaseTold(Grain, E(12), new MemoryPoint(0, "g1", 11)));

        Check("g1").ShouldBeEmpty();
        Claimed(East, 11, E(11), 9);
        Check("g1").ShouldHaveSingleItem().ShouldStartWith("3: nobody announced");
    }

    [Fact]
    public void What_was_told_before_the_look_at_what_is_left_and_is_beyond_it_is_not_excused()
    {
        Claimed(East, 12, E(12), 10);
        _history.Released(new ReleaseTold(Grain, E(12), new MemoryPoint(0, "g1", 11)));
        _history.Ends();

        Check("g1").Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("GrainPromoted")]
    [InlineData("GrainReleased")]
    [InlineData("GrainTransferred")]
    public void A_change_that_a_shard_remembers_and_whose_announcement_was_dropped_is_found(string dropped)
    {
        foreach (var (name, at) in Changes)
        {
            _history.Remembers(Change(name, at));
            if (name != dropped) _history.Hears(Change(name, at));
        }

        Check("g1").ShouldHaveSingleItem().ShouldStartWith($"3: shard 0 remembers {dropped} of order/1");
    }

    [Fact]
    public void An_announcement_of_another_change_stands_for_none()
    {
        _history.Remembers(Change("GrainReleased", 2));
        _history.Hears(Change("GrainClaimed", 2));
        _history.Hears(Change("GrainReleased", 3));
        _history.Hears(Change("GrainReleased", 2) with { Epoch = E(99) });

        Check("g1").ShouldHaveSingleItem().ShouldStartWith("3: shard 0 remembers GrainReleased");
    }

    [Fact]
    public void A_later_change_of_a_kind_that_was_told_first_is_found_and_repeats_and_other_kinds_are_not()
    {
        foreach (var (name, at) in Changes) _history.Remembers(Change(name, at));
        foreach (var at in (ulong[])[5, 4, 1, 3, 5, 1])
            _history.Hears(Change(Changes.Single(change => change.At == at).Event, at));
        _history.Hears(Change("GrainReleased", 2));

        Check("g1").ShouldHaveSingleItem()
            .ShouldBe("3: GrainClaimed of change 1 of shard 0 was told after that of 5");
    }

    [Fact]
    public void What_was_forgotten_may_have_been_told_before_what_took_its_place()
    {
        _history.Hears(Change("GrainClaimed", 7));
        foreach (var at in (ulong[])[5, 6])
        {
            _history.Remembers(Change("GrainClaimed", at));
            _history.Hears(Change("GrainClaimed", at));
        }

        Check("g1").ShouldBeEmpty();
    }

    [Fact]
    public void A_release_in_the_memory_that_is_left_and_that_nobody_announced_is_found()
    {
        _history.Released(new ReleaseTold(Grain, E(11), new MemoryPoint(0, "g1", 2)));
        _history.Hears(Change("GrainClaimed", 2) with { Epoch = E(11) });

        Check("g2").ShouldBeEmpty();
        Check("g1").ShouldHaveSingleItem().ShouldStartWith("3: nobody announced that order/1 is released");
        _history.Hears(Change("GrainReleased", 2) with { Epoch = E(11) });
        Check("g1").ShouldBeEmpty();
    }

    [Fact]
    public void Something_done_under_a_token_after_a_newer_one_was_installed_is_found()
    {
        Used(30, 5, isInstallation: true);
        Used(20, 6, isInstallation: false);

        Check("g2").ShouldHaveSingleItem().ShouldStartWith("5: shard 0 did something under");
    }

    [Fact]
    public void What_was_under_way_while_the_newer_token_was_installed_may_still_have_been_before_it()
    {
        var began = _history.Now();
        Used(30, 5, isInstallation: true);
        _history.Used(new GrantUsed(
            Failover, new Token(20), new MemoryPoint(0, "g1", 4), IsInstallation: false, began, _history.Now()));

        Check("g2").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("g1", 1)]
    [InlineData("g0", 9)]
    [InlineData("", 0)]
    public void A_memory_that_forgot_what_it_had_told_and_that_nobody_noticed_is_found(string gen, ulong seq)
    {
        Told(East, 11, E(11), 2);
        _history.WasSetBack(new MemoryPoint(0, gen, seq));

        Check("g2").ShouldHaveSingleItem().ShouldStartWith("6: shard 0 forgot order/1");
    }

    [Fact]
    public void What_was_forgotten_is_no_part_of_the_memory_that_goes_on_under_the_same_name()
    {
        Told(East, 11, E(11), 1);
        Told(West, 31, E(31), 3);
        _history.WasSetBack(new MemoryPoint(0, "g1", 1));
        _history.WasNoticed(0, "g1");
        Told(East, 21, E(21), 4);

        Check("g2").ShouldBeEmpty();
    }

    [Fact]
    public void A_memory_that_kept_all_it_had_told_has_forgotten_nothing()
    {
        Told(East, 11, E(11), 2);
        _history.WasSetBack(new MemoryPoint(0, "g1", 2));
        Told(East, 11, E(12), 3);

        Check("g2").ShouldBeEmpty();
    }

    private static readonly (string Event, ulong At)[] Changes =
    [
        ("GrainClaimed", 1), ("GrainReleased", 2), ("GrainTransferred", 3), ("GrainPromoted", 4), ("GrainClaimed", 5),
    ];

    private static GrainChanged Change(string name, ulong at) => new(name, Grain, E(10 + at), 0, at);

    private static Epoch E(ulong token) => Epoch.First(new Token(token));

    private IReadOnlyList<string> Check(string left) =>
        OwnershipChecker.Check(_history, [new MemoryPoint(0, left, 9)]);

    private void Claimed(ClusterId cluster, ulong session, Epoch epoch, ulong seq, string gen = "g1") =>
        Told(cluster, session, epoch, seq, gen, isChange: true);

    private void Told(
        ClusterId cluster, ulong? session, Epoch epoch, ulong seq, string gen = "g1", bool isChange = false) =>
        _history.Told(new OwnerTold(
            Grain,
            epoch,
            cluster,
            session is { } id ? new SessionId(new Token(id)) : null,
            new MemoryPoint(0, gen, seq),
            isChange));

    private void Wrote(Epoch epoch, bool isAccepted) => _history.Decided(new GuardDecided(Grain, epoch, isAccepted));

    private void Announce(Epoch epoch) => _history.WasAnnounced(Grain, epoch);

    private void Used(ulong token, ulong seq, bool isInstallation)
    {
        var began = _history.Now();
        _history.Used(new GrantUsed(
            Failover, new Token(token), new MemoryPoint(0, "g1", seq), isInstallation, began, _history.Now()));
    }
}
