using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Grains;

public sealed class StandingTests
{
    private static readonly GrainId Grain = new("order", "1");
    private static readonly ClusterId East = new("east");
    private static readonly ClusterId West = new("west");
    private static readonly SessionId Earlier = Session(11);
    private static readonly SessionId Now = Session(21);
    private static readonly SessionId Other = Session(31);

    [Fact]
    public void The_own_record_under_the_held_epoch_is_the_own_one() =>
        Of(Held(21, Now), Record(21, Now)).ShouldBe(new Standing.Own());

    [Fact]
    public void An_own_record_under_another_epoch_is_claimed_for_the_answer_that_was_lost() =>
        Of(Held(21, Now), Record(22, Now)).ShouldBe(new Standing.Claimable(null, null));

    [Fact]
    public void A_grain_without_a_record_is_nobodys() =>
        Of(Held(21, Now), null).ShouldBe(new Standing.Claimable(null, null));

    [Fact]
    public void A_record_of_the_own_earlier_session_is_taken_over_from_it_under_its_epoch() =>
        Of(Held(11, Earlier), Record(11, Earlier)).ShouldBe(
            new Standing.Claimable(Epoch.First(new Token(11)), Earlier));

    [Fact]
    public void A_record_of_another_session_or_cluster_is_lost()
    {
        Of(Held(21, Now), Record(31, Other)).ShouldBe(new Standing.Lost(GrainLossCause.Demoted));
        Of(Held(21, Now), Record(31, null, West)).ShouldBe(new Standing.Lost(GrainLossCause.Demoted));
    }

    [Fact]
    public void What_the_cluster_it_was_offered_to_owns_was_transferred() =>
        Of(Held(21, Now) with { To = West }, Record(31, Other, West)).ShouldBe(
            new Standing.Lost(GrainLossCause.Transferred));

    [Fact]
    public void What_was_promoted_back_to_the_own_cluster_waits_to_be_claimed() =>
        Of(Held(21, Now), Record(31, null)).ShouldBe(new Standing.Claimable(null, null));

    [Fact]
    public void A_tombstone_was_released() =>
        Of(Held(21, Now), Record(21, null) with { Tombstone = true }).ShouldBe(
            new Standing.Lost(GrainLossCause.Released));

    [Fact]
    public void A_directory_that_knows_less_than_the_holder_is_not_believed_until_it_was_told_again()
    {
        var older = Record(19, Other, West);

        Of(Held(21, Now), older).ShouldBe(new Standing.Forgotten());
        Of(Held(21, Now), older, isRepaired: true).ShouldBe(new Standing.Lost(GrainLossCause.Demoted));
    }

    private static SessionId Session(ulong token) => new(new Token(token));

    private static Standing Of(Holding held, GrainRecord? record, bool isRepaired = false) =>
        Standing.Of(held, record, East, Now, isRepaired);

    private static Holding Held(ulong token, SessionId session)
    {
        var epoch = Epoch.First(new Token(token));
        return new Holding(Grain, epoch, GrainKind.Fenced, session, "gen", HoldingState.Serving, epoch);
    }

    private static GrainRecord Record(ulong token, SessionId? holder, ClusterId? cluster = null) => new(
        Grain, cluster ?? East, holder, Epoch.First(new Token(token)), GrainKind.Fenced, Tombstone: false);
}
