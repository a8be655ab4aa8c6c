using System.Globalization;

namespace Holdfast.Primitives.Tests;

public sealed class BootClockTests
{
    [Fact]
    public void The_boot_clock_never_runs_backwards()
    {
        var before = BootClock.Instance.Now();
        for (var i = 0; i < 10_000; i++)
        {
            var now = BootClock.Instance.Now();
            now.ShouldBeGreaterThanOrEqualTo(before);
            before = now;
        }
    }

    [Fact]
    public void The_boot_clock_says_what_the_kernel_says_of_its_uptime_with_suspension()
    {
        Assert.SkipUnless(BootClock.CountsSuspension, "Only Linux has CLOCK_BOOTTIME.");
        var before = BootClock.Instance.Now();

        // The first figure of /proc/uptime is CLOCK_BOOTTIME in hundredths of a second, rounded down.
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);

        var after = BootClock.Instance.Now();
        TimeSpan.FromSeconds(uptime).ShouldBeInRange(
            before - Instant.Zero - TimeSpan.FromMilliseconds(10), after - Instant.Zero);
    }
}
