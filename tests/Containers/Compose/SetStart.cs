using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Containers.Compose;

/// <summary>What it took to bring a set up.</summary>
/// <param name="Took">From <c>up</c> to everything healthy.</param>
/// <param name="Cpu">The time of one core that its containers used until then, without the engine and Compose.</param>
/// <param name="Busy">The part of this machine that others were using just before, from 0 to 1.</param>
/// <param name="Stolen">The part that was given to other machines of the same host meanwhile, from 0 to 1.</param>
internal sealed record SetStart(TimeSpan Took, TimeSpan Cpu, double Busy, double Stolen)
{
    private const double BusyMax = 0.15;
    private const double StolenMax = 0.05;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan QuietPatience = TimeSpan.FromSeconds(60);

    /// <summary>Whether the time of the clock can be held to what was promised for two cores of its own.</summary>
    public bool WasQuiet => Busy < BusyMax && Stolen < StolenMax && Environment.ProcessorCount >= 2;

    /// <summary>
    /// Waits for this machine to have nothing else to do, since builds leave servers and the disk busy behind them; for
    /// a minute at most, as it may have others to work for.
    /// </summary>
    /// <returns>The part of it that is in use then, from 0 to 1.</returns>
    public static async Task<double> QuietAsync()
    {
        var clock = Stopwatch.StartNew();
        var busy = await BusyAsync();
        if (busy < BusyMax) return busy;
        Console.WriteLine(
            $"This machine is {busy:p0} busy: waiting up to {QuietPatience.TotalSeconds:f0} s "
            + $"for less than {BusyMax:p0}.");
        while (busy >= BusyMax && clock.Elapsed < QuietPatience) busy = await BusyAsync();
        Console.WriteLine($"Waited {clock.Elapsed.TotalSeconds:f0} s; it is {busy:p0} busy now.");
        return busy;
    }

    /// <summary>The part of this machine that is in use, from 0 to 1, over two seconds.</summary>
    private static async Task<double> BusyAsync()
    {
        var before = await MachineTicks.NowAsync();
        using var timer = new PeriodicTimer(Window);
        await timer.WaitForNextTickAsync();
        return (await MachineTicks.NowAsync()).BusySince(before);
    }

    public override string ToString() =>
        $"From up to all healthy: {Took.TotalSeconds:f1} s; containers used {Cpu.TotalSeconds:f1} s of processor time; "
        + $"{Environment.ProcessorCount} cores, {Busy:p0} busy before, "
        + $"{Stolen:p0} stolen meanwhile. "
        + (WasQuiet ? "Held to 120 s." : "Not held to 120 s: too busy.");
}

/// <summary>What the processors of this machine did since it started, in ticks of all of them together.</summary>
internal sealed record MachineTicks(long Busy, long Stolen, long All)
{
    // The first line of /proc/stat: user, nice, system, idle, waiting for disks, interrupts (2), stolen.
    public static async Task<MachineTicks> NowAsync()
    {
        var line = (await File.ReadAllLinesAsync("/proc/stat"))[0];
        long[] ticks =
        [
            .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
                .Select(number => long.Parse(number, CultureInfo.InvariantCulture)),
        ];
        return new MachineTicks(ticks.Sum() - ticks[3] - ticks[4], ticks[7], ticks.Sum());
    }

    public double BusySince(MachineTicks before) => PartOf(Busy - before.Busy, before);

    public double StolenSince(MachineTicks before) => PartOf(Stolen - before.Stolen, before);

    private double PartOf(long ticks, MachineTicks before) => (double)ticks / Math.Max(1, All - before.All);
}
