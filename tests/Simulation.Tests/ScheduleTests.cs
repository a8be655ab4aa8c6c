using Holdfast.Primitives;

namespace Holdfast.Simulation.Tests;

public sealed class ScheduleTests
{
    private readonly Schedule _schedule = new(new Trace());
    private readonly List<string> _seen = [];

    [Fact]
    public void Events_come_in_the_order_of_time_and_then_of_setting()
    {
        _schedule.After(Ms(20), () => _seen.Add("late"));
        _schedule.After(Ms(10), () => _seen.Add("first"));
        _schedule.After(Ms(10), () => _seen.Add("second"));
        _schedule.RunUntil(At(15));
        _seen.ShouldBe(["first", "second"]);
        _schedule.Now.ShouldBe(At(15));
    }

    [Fact]
    public void A_world_that_never_comes_to_rest_is_stopped()
    {
        var schedule = new Schedule(new Trace(), eventsMax: 100);
        schedule.Repeat(() => TimeSpan.Zero, () => true);
        Should.Throw<InvariantViolatedException>(() => schedule.RunUntil(At(1)));
    }

    [Fact]
    public void What_one_life_set_in_motion_does_not_reach_the_next()
    {
        var process = Process(1);
        process.Start();
        process.After(Ms(10), () => _seen.Add("first life"));
        process.End();
        process.Start();
        process.After(Ms(10), () => _seen.Add("second life"));
        _schedule.RunUntil(At(20));
        _seen.ShouldBe(["second life"]);
    }

    [Fact]
    public void A_suspended_process_does_everything_late_and_its_boot_clock_went_on()
    {
        var process = Process(1);
        process.Start();
        process.After(Ms(10), () => _seen.Add($"{process.Clock.Boot} {process.Clock.Running}"));
        process.Suspend();
        _schedule.RunUntil(At(100));
        _seen.ShouldBeEmpty();
        process.Resume();
        _seen.ShouldBe(["100 ms 0 ms"]);
    }

    [Fact]
    public void A_fast_clock_waits_less_and_a_wall_clock_jumps()
    {
        var process = Process(2);
        process.Start();
        process.After(Ms(10), () => _seen.Add("rang"));
        _schedule.RunUntil(At(4));
        _seen.ShouldBeEmpty();
        _schedule.RunUntil(At(6));
        _seen.ShouldBe(["rang"]);
        process.Clock.Boot.ShouldBe(At(12));
        var wall = process.Clock.Wall;
        process.Clock.Jump(TimeSpan.FromHours(-1));
        process.Clock.Wall.ShouldBe(wall - TimeSpan.FromHours(1));
        process.Clock.Boot.ShouldBe(At(12));
    }

    [Fact]
    public void A_trace_tells_two_courses_apart_and_keeps_the_last_lines()
    {
        var (one, same, other) = (new Trace(2), new Trace(2), new Trace(2));
        foreach (var trace in new[] { one, same, other })
        {
            trace.Add(At(1), "n1", "began");
            trace.Add(At(2), "n1", "led", 7);
            trace.Add(At(3), "n1", "ended", trace == other ? 1UL : 0UL);
        }

        same.Digest.ShouldBe(one.Digest);
        other.Digest.ShouldNotBe(one.Digest);
        one.Lines.ShouldBe(["2 ms n1 led 7", "3 ms n1 ended 0"]);
    }

    private SimulatedProcess Process(double pace) =>
        new(new NodeId("n1"), _schedule, new NodeClock(() => _schedule.Now, pace));

    private static Instant At(int milliseconds) => Instant.Zero + Ms(milliseconds);

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
