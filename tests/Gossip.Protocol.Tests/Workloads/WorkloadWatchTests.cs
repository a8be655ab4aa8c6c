using Holdfast.Gossip.Protocol.Workloads;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests.Workloads;

public sealed class WorkloadWatchTests
{
    private static readonly WorkloadName Orders = new("orders");
    private static readonly WatchedProcess Old = new(100, 1);
    private static readonly WatchedProcess New = new(200, 2);

    private readonly WorkloadWatch _watch = new();

    [Fact]
    public void An_unannounced_end_is_told_once()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old)).ShouldBeEmpty();
        Step(1, new WorkloadInput.Gone(Orders, Old)).ShouldBe([new WorkloadDeath(Orders, Old)]);
        Step(2, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
        Step(3, new WorkloadInput.Tick()).ShouldBeEmpty();
        _watch.Find(Orders)!.State.ShouldBe(WorkloadState.Down);
    }

    [Fact]
    public void Nothing_is_told_before_the_announced_end()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.PlanSilence(Orders, At(60)));
        Step(2, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
        Step(59, new WorkloadInput.Tick()).ShouldBeEmpty();
        _watch.Find(Orders)!.State.ShouldBe(WorkloadState.Silent);
        Step(60, new WorkloadInput.Tick()).ShouldBe([After(Old, 58)], "with the time at which it was gone");
        Step(61, new WorkloadInput.Tick()).ShouldBeEmpty();
    }

    [Fact]
    public void A_successor_named_during_the_silence_ends_it_and_the_old_process_is_never_told()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.PlanSilence(Orders, At(60)));
        Step(2, new WorkloadInput.Gone(Orders, Old));
        Step(3, new WorkloadInput.Watch(Orders, New));
        Step(70, new WorkloadInput.Tick()).ShouldBeEmpty();
        Step(71, new WorkloadInput.Gone(Orders, New)).ShouldBe([new WorkloadDeath(Orders, New)]);
    }

    [Fact]
    public void The_same_process_said_again_changes_nothing_of_its_planned_silence()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.PlanSilence(Orders, At(60)));
        Step(2, new WorkloadInput.Watch(Orders, Old)).ShouldBeEmpty();
        Step(3, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
    }

    [Fact]
    public void A_silence_that_is_taken_back_covers_nothing()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.PlanSilence(Orders, At(60)));
        Step(2, new WorkloadInput.PlanSilence(Orders, At(0))).ShouldBeEmpty();
        Step(3, new WorkloadInput.Gone(Orders, Old)).ShouldBe([new WorkloadDeath(Orders, Old)]);
    }

    [Fact]
    public void Taking_a_silence_back_tells_who_died_in_it()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.PlanSilence(Orders, At(60)));
        Step(2, new WorkloadInput.Gone(Orders, Old));
        Step(3, new WorkloadInput.PlanSilence(Orders, At(3))).ShouldBe([After(Old, 1)]);
    }

    [Fact]
    public void A_look_at_a_process_that_was_replaced_says_nothing()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.Watch(Orders, New));
        Step(2, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
        _watch.Find(Orders)!.State.ShouldBe(WorkloadState.Up);
    }

    [Fact]
    public void The_same_id_with_another_start_is_another_process()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.Gone(Orders, Old));
        Step(2, new WorkloadInput.Watch(Orders, Old with { StartedAt = 9 }));
        _watch.Find(Orders)!.State.ShouldBe(WorkloadState.Up);
    }

    [Fact]
    public void A_forgotten_workload_is_told_no_more()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old));
        Step(1, new WorkloadInput.Forget(Orders));
        Step(2, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
        Step(3, new WorkloadInput.PlanSilence(Orders, At(9))).ShouldBeEmpty();
        _watch.All.ShouldBeEmpty();
    }

    [Fact]
    public void A_death_that_waits_for_its_parents_word_is_told_when_a_new_process_takes_the_name()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old, ReportsExit: true));
        Step(1, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
        Step(1, new WorkloadInput.Watch(Orders, New, ReportsExit: true)).ShouldBe([new WorkloadDeath(Orders, Old)]);
        Step(9, new WorkloadInput.Tick()).ShouldBeEmpty("it was told");
        _watch.Find(Orders)!.State.ShouldBe(WorkloadState.Up);
    }

    [Fact]
    public void A_death_is_kept_for_the_word_of_the_parent_that_reports_it()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old, ReportsExit: true));
        Step(1, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
        Step(1, new WorkloadInput.Exited(Orders, Old.Pid, new ReportedExit(137)))
            .ShouldBe([new WorkloadDeath(Orders, Old, 137)]);
        Step(9, new WorkloadInput.Tick()).ShouldBeEmpty();
    }

    [Fact]
    public void A_parent_that_says_nothing_is_not_waited_for_long()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old, ReportsExit: true));
        Step(1, new WorkloadInput.Gone(Orders, Old)).ShouldBeEmpty();
        Step(2, new WorkloadInput.Tick())
            .ShouldBe([new WorkloadDeath(Orders, Old, null, WorkloadWatch.ReportPatience)]);
        Step(3, new WorkloadInput.Exited(Orders, Old.Pid, new ReportedExit(1))).ShouldBeEmpty();
    }

    [Fact]
    public void A_parent_that_does_not_know_either_is_an_answer()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old, ReportsExit: true));
        Step(1, new WorkloadInput.Exited(Orders, Old.Pid, new ReportedExit(null)))
            .ShouldBe([new WorkloadDeath(Orders, Old)]);
    }

    [Fact]
    public void A_reported_end_in_a_planned_silence_is_told_with_its_code_when_that_is_over()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old, ReportsExit: true));
        Step(1, new WorkloadInput.PlanSilence(Orders, At(60)));
        Step(2, new WorkloadInput.Exited(Orders, Old.Pid, new ReportedExit(3))).ShouldBeEmpty();
        Step(60, new WorkloadInput.Tick())
            .ShouldBe([new WorkloadDeath(Orders, Old, 3, TimeSpan.FromSeconds(58))]);
    }

    [Fact]
    public void The_word_about_a_process_that_was_replaced_says_nothing_of_the_new_one()
    {
        Step(0, new WorkloadInput.Watch(Orders, Old, ReportsExit: true));
        Step(1, new WorkloadInput.Watch(Orders, New, ReportsExit: true));
        Step(2, new WorkloadInput.Exited(Orders, Old.Pid, new ReportedExit(0))).ShouldBeEmpty();
        _watch.Find(Orders)!.State.ShouldBe(WorkloadState.Up);
    }

    [Fact]
    public void There_is_a_bound()
    {
        for (var i = 0; i < WorkloadWatch.WorkloadsMax; i++)
            Step(0, new WorkloadInput.Watch(new WorkloadName($"w{i}"), Old));
        _watch.IsFull.ShouldBeTrue();
        Step(1, new WorkloadInput.Watch(new WorkloadName("w0"), New)).ShouldBeEmpty();
        Should.Throw<InvariantViolatedException>(() => Step(2, new WorkloadInput.Watch(Orders, New)));
    }

    private static WorkloadDeath After(WatchedProcess process, int seconds) =>
        new(Orders, process, null, TimeSpan.FromSeconds(seconds));

    private static Instant At(int second) => Instant.Zero + TimeSpan.FromSeconds(second);

    private WorkloadDeath[] Step(int second, WorkloadInput input) => [.. _watch.Step(input, At(second))];
}
