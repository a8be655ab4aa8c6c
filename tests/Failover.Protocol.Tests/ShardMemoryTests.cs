using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests;

/// <summary>What the relay of a shard does about the shard's memory, look by look.</summary>
public sealed class ShardMemoryTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private readonly ShardMemory _memory = new(7, Window, new Random(1));

    [Fact]
    public void A_shard_that_only_goes_on_needs_nothing()
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false)).ShouldBeNull();
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false)).ShouldBeNull();
        Look(new ShardSighting("g1", 8, T(12), "r1", "r1", false)).ShouldBeNull();
    }

    [Fact]
    public void Another_process_with_all_that_was_known_is_confirmed_and_goes_on()
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));

        Look(new ShardSighting("g1", 6, T(9), "r1", "r2", false)).ShouldBe(new MemoryStep.Confirm("g1", 5));
        Look(new ShardSighting("g1", 6, T(9), "r2", "r2", false)).ShouldBeNull();
    }

    [Theory]
    [InlineData("g1", 4, "r1", "r1", MemoryEvidence.Seq)]
    [InlineData("g1", 4, "r1", "r2", MemoryEvidence.Seq)]
    [InlineData("g0", 9, "r1", "r1", MemoryEvidence.Gen)]
    [InlineData("", 0, "", "r2", MemoryEvidence.Gen)]
    public void What_is_not_the_memory_that_was_known_is_reported_as_what_was_known(
        string gen, ulong seq, string run, string process, MemoryEvidence evidence)
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));
        var lost = new ShardSighting(gen, seq, gen.Length == 0 ? Token.None : T(9), run, process, false);

        var report = new MemoryStep.Report("g1", 5, process, evidence);
        Look(lost).ShouldBe(report);
        Look(lost).ShouldBe(report, "it is said until it is heard");
        _memory.Reported(T(20));
        Look(lost).ShouldBe(new MemoryStep.Reopen(T(20)));
        Look(new ShardSighting("g2", 4, T(20), process, process, true), floor: 20).ShouldBeNull();
    }

    [Fact]
    public void The_window_stays_open_for_its_time_and_until_the_own_token_is_from_after_the_loss()
    {
        var open = new ShardSighting("g2", 4, T(20), "r1", "r1", true);
        Look(open, floor: 20, token: 30).ShouldBeNull();
        Look(open, floor: 20, token: 30, at: Window - TimeSpan.FromTicks(1)).ShouldBeNull();
        Look(open, floor: 20, token: 19, at: Window).ShouldBeNull();
        Look(open, floor: 20, token: 30, at: Window).ShouldBe(new MemoryStep.Close(T(20)));

        // A window of another loss has a time of its own.
        var later = open with { Gen = "g3", Floor = T(40) };
        Look(later, floor: 40, token: 50, at: Window).ShouldBeNull();
        Look(later, floor: 40, token: 50, at: Window * 2).ShouldBe(new MemoryStep.Close(T(40)));
    }

    [Fact]
    public void Who_was_started_since_takes_a_restarted_process_for_one_that_lost_something()
    {
        var restarted = new ShardSighting("g1", 5, T(9), "r1", "r2", false);
        Look(restarted).ShouldBe(new MemoryStep.Report("g1", 5, "r2", MemoryEvidence.Run));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void A_process_that_writes_another_line_since_its_first_replica_came_is_confirmed_by_who_knew_its_memory(
        ulong seq)
    {
        Look(new ShardSighting("g1", 5, T(9), "r1-a", "r1-a", false));

        Look(new ShardSighting("g1", seq, T(9), "r1-a", "r1-b", false)).ShouldBe(new MemoryStep.Confirm("g1", 5));
        Look(new ShardSighting("g1", seq, T(9), "r1-b", "r1-b", false)).ShouldBeNull();
    }

    [Fact]
    public void A_process_that_writes_another_line_is_reported_once_by_who_was_started_since()
    {
        var another = new ShardSighting("g1", 5, T(9), "r1-a", "r1-b", false);

        Look(another).ShouldBe(new MemoryStep.Report("g1", 5, "r1-b", MemoryEvidence.Run));
        _memory.Reported(T(20));
        Look(another, floor: 20).ShouldBe(new MemoryStep.Reopen(T(20)));
        Look(new ShardSighting("g2", 6, T(20), "r1-b", "r1-b", true), floor: 20).ShouldBeNull();
        Look(new ShardSighting("g2", 7, T(20), "r1-b", "r1-b", false), floor: 20).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("g1")]
    public void Who_was_started_since_reports_a_memory_that_is_gone_or_older_than_a_known_loss_under_a_name_of_its_own(
        string gen)
    {
        var seen = new ShardSighting(gen, 5, gen.Length == 0 ? Token.None : T(9), "r1", "r1", false);

        var report = Look(seen, floor: 15).ShouldBeOfType<MemoryStep.Report>();
        report.Gen.ShouldStartWith("unknown-07-");
        Look(seen, floor: 15).ShouldBe(report);
        _memory.Reported(T(20));
        Look(seen, floor: 20).ShouldBe(new MemoryStep.Reopen(T(20)));
    }

    [Fact]
    public void A_memory_that_others_opened_for_a_later_loss_is_taken_as_it_is()
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));
        var repaired = new ShardSighting("g2", 6, T(20), "r1", "r1", false);

        // To report the memory before would be another loss of it, and would shut the shard again.
        Look(repaired, floor: 20).ShouldBeNull();
        Look(repaired with { Seq = 5 }, floor: 20).ShouldBe(new MemoryStep.Report("g2", 6, "r1", MemoryEvidence.Seq));
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(8, 0)]
    [InlineData(20, 21)]
    public void Another_memory_that_no_later_loss_explains_is_reported(ulong floor, ulong newest)
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));

        Look(new ShardSighting("g2", 6, T(floor), "r1", "r1", false), newest)
            .ShouldBe(new MemoryStep.Report("g1", 5, "r1", MemoryEvidence.Gen));
    }

    [Fact]
    public void What_was_known_of_a_shard_that_was_anothers_meanwhile_counts_no_more()
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));
        _memory.Forget();

        Look(new ShardSighting("g2", 2, T(9), "r1", "r1", false)).ShouldBeNull();
    }

    [Fact]
    public void A_memory_of_others_on_a_process_that_nobody_confirmed_counts_as_lost()
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));

        Look(new ShardSighting("g2", 6, T(20), "r1", "r2", false), floor: 20)
            .ShouldBe(new MemoryStep.Report("g2", 6, "r2", MemoryEvidence.Run));
    }

    [Fact]
    public void A_loss_that_others_reported_and_nobody_repaired_is_repaired_here()
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));
        var untouched = new ShardSighting("g1", 7, T(9), "r1", "r1", false);

        Look(untouched, floor: 20).ShouldBe(new MemoryStep.Report("g1", 5, "r1", MemoryEvidence.Gen));
        _memory.Reported(T(20));
        Look(untouched, floor: 20).ShouldBe(new MemoryStep.Reopen(T(20)));
    }

    [Fact]
    public void A_backup_from_before_a_repair_is_another_loss()
    {
        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false));
        Look(new ShardSighting("", 0, Token.None, "", "r1", false));
        _memory.Reported(T(20));
        Look(new ShardSighting("g2", 6, T(20), "r1", "r1", false), floor: 20).ShouldBeNull();

        Look(new ShardSighting("g1", 5, T(9), "r1", "r1", false), floor: 20)
            .ShouldBe(new MemoryStep.Report("g2", 6, "r1", MemoryEvidence.Gen));
    }

    private MemoryStep? Look(ShardSighting seen, ulong floor = 0, ulong token = 10, TimeSpan at = default) =>
        _memory.Next(seen, T(floor), T(token), Instant.Zero + at);

    private static Token T(ulong value) => new(value);
}
