using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Grains;

public sealed class HoldingBookTests
{
    private static readonly GrainId Grain = new("order", "1");
    private static readonly ClusterId East = new("east");
    private static readonly ClusterId West = new("west");
    private static readonly SessionId First = Session(11);
    private static readonly SessionId Second = Session(21);

    private readonly HoldingBook _book = new();

    [Fact]
    public void What_is_claimed_is_loaded_before_it_is_served()
    {
        Claimed(11).ShouldBe([new HoldingAct.Load(new HeldGrain(Grain, E(11), GrainKind.Fenced))]);
        Served().ShouldBeNull();

        _book.Loaded(Grain, E(11)).ShouldBeTrue();

        Served().ShouldBe(E(11));
    }

    [Fact]
    public void A_newer_epoch_is_not_served_under_the_state_that_was_loaded_for_an_older_one()
    {
        Serving(11);

        Claimed(12).Count.ShouldBe(1);
        _book.Loaded(Grain, E(11)).ShouldBeFalse();

        Served().ShouldBeNull();
        _book.Loaded(Grain, E(12)).ShouldBeTrue();
        Served().ShouldBe(E(12));
    }

    [Fact]
    public void An_answer_that_comes_late_brings_no_older_epoch_back()
    {
        Serving(12);

        Claimed(11).ShouldBeEmpty();
        Claimed(12).ShouldBeEmpty();

        Served().ShouldBe(E(12));
    }

    [Fact]
    public void An_answer_that_comes_after_the_loss_of_its_epoch_does_not_bring_it_back()
    {
        Serving(11);
        _book.BeginClaims().ShouldBe(Token.None);
        _book.Lost(Grain, E(11), GrainLossCause.Transferred, null);

        Claimed(11).ShouldBeEmpty();

        _book.Find(Grain).ShouldBeNull();
        _book.EndClaims();
        _book.BeginClaims().ShouldBe(E(11).Token, "a claim under it could be answered with the epoch that was lost");
        Claimed(12).Count.ShouldBe(1);
    }

    [Fact]
    public void A_refused_epoch_is_served_no_more_and_claimed_again_under_a_newer_one()
    {
        Serving(11);

        _book.Refused(Grain, E(11)).ShouldBeTrue();

        Served().ShouldBeNull();
        _book.Doubted.Single().Grain.ShouldBe(Grain);
        Claimed(11).ShouldBeEmpty();
        _book.Doubted.Count.ShouldBe(1, "the epoch that was refused is of no use");
        Claimed(12).Count.ShouldBe(1);
        _book.Doubted.ShouldBeEmpty();
    }

    [Fact]
    public void A_refusal_of_an_epoch_that_is_held_no_more_changes_nothing()
    {
        Serving(12);

        _book.Refused(Grain, E(11)).ShouldBeFalse();

        Served().ShouldBe(E(12));
        _book.Doubted.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_not_released_is_served_under_a_newer_epoch_whether_that_comes_before_or_after()
    {
        Serving(11);
        _book.Drain(Grain, to: null);
        _book.Unreleased(Grain, E(11)).ShouldBeEmpty();
        Served().ShouldBeNull("the release may still be carried out");
        _book.Doubted.Count.ShouldBe(1);
        Claimed(12).Count.ShouldBe(1);
        _book.Loaded(Grain, E(12));

        _book.Drain(Grain, to: null);
        Claimed(13).ShouldBeEmpty();
        _book.Unreleased(Grain, E(12)).Single().ShouldBeOfType<HoldingAct.Load>();
        _book.Loaded(Grain, E(13)).ShouldBeTrue();
        Served().ShouldBe(E(13));
    }

    [Fact]
    public void Only_what_is_drained_and_not_in_doubt_is_released()
    {
        Serving(11);
        _book.Release(Grain).ShouldBeNull("it is served again");
        _book.Drain(Grain, to: null);
        _book.Release(Grain)!.Epoch.ShouldBe(E(11));

        _book.Doubt(Grain);

        _book.Release(Grain).ShouldBeNull();
    }

    [Fact]
    public void A_fenced_grain_in_doubt_is_served_until_the_directory_has_answered()
    {
        Serving(11);

        _book.Doubt(Grain);

        Served().ShouldBe(E(11));
        _book.Doubted.Count.ShouldBe(1);
    }

    [Fact]
    public void A_leased_grain_is_served_only_while_the_lease_of_the_session_that_claimed_it_holds()
    {
        Serving(11, GrainKind.Leased);

        _book.TryServe(Grain, First, out _).ShouldBeTrue();
        _book.TryServe(Grain, leased: null, out _).ShouldBeFalse();
        _book.TryServe(Grain, Second, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_lost_grain_is_told_with_the_epoch_that_was_held_and_a_newer_claim_outlives_the_news()
    {
        Serving(11);
        Claimed(12);
        _book.Lost(Grain, E(11), GrainLossCause.Demoted, null).ShouldBeEmpty();

        var told = _book.Lost(Grain, E(12), GrainLossCause.Demoted, null);

        told.ShouldBe([new HoldingAct.Tell(new GrainLoss(Grain, E(12), GrainLossCause.Demoted, null))]);
        _book.Count.ShouldBe(0);
        _book.Doubted.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_drained_or_offered_is_not_served_until_it_is_kept()
    {
        Serving(11);

        _book.Drain(Grain, West).ShouldNotBeNull();
        Served().ShouldBeNull();
        _book.Offer(Grain, Instant.Zero).ShouldNotBeNull();
        Served().ShouldBeNull();
        _book.Offered.Single().To.ShouldBe(West);

        _book.Keep(Grain, E(11)).Single().ShouldBeOfType<HoldingAct.Resume>();
        Served().ShouldBe(E(11));
        _book.Offered.ShouldBeEmpty();
    }

    [Fact]
    public void A_grain_that_got_a_new_epoch_while_it_was_drained_is_loaded_before_it_is_served_again()
    {
        Serving(11);
        _book.Drain(Grain, West);
        Claimed(12).ShouldBeEmpty();
        _book.Offer(Grain, Instant.Zero)!.Epoch.ShouldBe(E(12));

        _book.Keep(Grain, E(12)).Single().ShouldBeOfType<HoldingAct.Load>();

        Served().ShouldBeNull();
    }

    [Fact]
    public void What_was_refused_while_it_was_drained_is_not_offered()
    {
        Serving(11);
        _book.Drain(Grain, West);

        _book.Refused(Grain, E(11));

        _book.Offer(Grain, Instant.Zero).ShouldBeNull();
    }

    [Fact]
    public void Only_what_is_served_is_drained()
    {
        _book.Drain(Grain, West).ShouldBeNull();
        Claimed(11);
        _book.Drain(Grain, West).ShouldBeNull();
    }

    private static Epoch E(ulong token) => Epoch.First(new Token(token));

    private static SessionId Session(ulong token) => new(new Token(token));

    private Epoch? Served() => _book.TryServe(Grain, leased: null, out var epoch) ? epoch : null;

    private IReadOnlyList<HoldingAct> Claimed(ulong token, GrainKind kind = GrainKind.Fenced) =>
        _book.Claimed(new GrainRecord(Grain, East, First, E(token), kind, Tombstone: false), First, "gen");

    private void Serving(ulong token, GrainKind kind = GrainKind.Fenced)
    {
        Claimed(token, kind);
        _book.Loaded(Grain, E(token)).ShouldBeTrue();
    }
}
