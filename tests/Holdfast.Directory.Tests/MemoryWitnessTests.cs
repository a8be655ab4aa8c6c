namespace Holdfast.Directory.Tests;

/// <summary>Who was answered knows what a shard has forgotten, whatever order the answers come in.</summary>
public sealed class MemoryWitnessTests
{
    private readonly MemoryWitness _witness = new(3);

    [Fact]
    public void A_sequence_below_one_that_was_answered_before_the_call_is_a_memory_that_is_gone()
    {
        Sees(At(10));
        Sees(At(9));

        _witness.Forgotten.ShouldBe(new ForgottenMemory(3, "g", 10, "a"));
    }

    [Fact]
    public void Another_process_that_began_below_what_was_answered_forgot_it_however_far_it_has_come_since()
    {
        Sees(At(10));
        Sees(At(20, "b", since: 9));

        _witness.Forgotten.ShouldBe(new ForgottenMemory(3, "g", 10, "a"));
    }

    [Fact]
    public void Another_process_that_began_where_the_one_before_had_come_forgot_nothing()
    {
        Sees(At(10));
        Sees(At(10, "b", since: 10));
        Sees(At(15, "b", since: 10));
        Sees(At(15, "c", since: 15));

        _witness.Forgotten.ShouldBeNull();
    }

    [Fact]
    public void Answers_that_were_overtaken_are_no_loss()
    {
        Sees(At(10));
        var early = _witness.Known;
        Sees(At(12));
        Sees(At(14, "b", since: 12));

        _witness.Saw(early, At(11));
        _witness.Saw(early, At(12));

        _witness.Forgotten.ShouldBeNull();
        _witness.Known.ShouldBe(At(14, "b", since: 12));
    }

    [Fact]
    public void A_loss_is_known_until_the_shard_is_opened_for_it()
    {
        Sees(At(10));
        Sees(At(4));
        Sees(At(12));
        _witness.Forgotten.ShouldNotBeNull();

        Sees(At(12, "b", since: 12, gen: "h"));

        _witness.Forgotten.ShouldBeNull();
        _witness.Known.ShouldBe(At(12, "b", since: 12, gen: "h"));
    }

    [Fact]
    public void A_memory_that_is_found_again_is_forgotten_no_more_until_another_answer_does_not_know_it()
    {
        Sees(At(10));
        Sees(At(14, "b", since: 10));
        Sees(At(11));
        var lost = _witness.Forgotten.ShouldNotBeNull();
        lost.ShouldBe(new ForgottenMemory(3, "g", 14, "b"));

        _witness.FoundAgain(lost with { Seq = 13 });
        _witness.Forgotten.ShouldBe(lost, "another loss is none of this one's");
        _witness.FoundAgain(lost);

        _witness.Forgotten.ShouldBeNull();
        Sees(At(16, "b", since: 10));
        Sees(At(20, "c", since: 15));
        _witness.Forgotten.ShouldBe(new ForgottenMemory(3, "g", 16, "b"));
    }

    [Fact]
    public void A_late_answer_from_before_the_shard_was_opened_for_a_loss_is_no_loss_of_the_memory_after_it()
    {
        Sees(At(10));
        var early = _witness.Known;
        Sees(At(12, "b", since: 12, gen: "h"));

        _witness.Saw(early, At(9));

        _witness.Forgotten.ShouldBeNull();
    }

    [Fact]
    public void A_shard_without_a_memory_is_for_its_relay_to_report()
    {
        Sees(At(10));
        Sees(At(0, "", since: 0, gen: ""));

        _witness.Forgotten.ShouldBeNull();
        _witness.Known.ShouldBe(At(10));
    }

    private static MemorySighting At(ulong seq, string run = "a", ulong since = 0, string gen = "g") =>
        new(gen, seq, run, since);

    /// <summary>A call that begins and ends now.</summary>
    private void Sees(MemorySighting seen) => _witness.Saw(_witness.Known, seen);
}
