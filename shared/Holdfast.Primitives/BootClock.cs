using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Holdfast.Primitives;

/// <summary>
/// Where shells take their <see cref="Instant"/>s from; a simulation has its own. Cores are given instants and never
/// see a clock.
/// </summary>
public interface IMonotonicClock
{
    /// <summary>The instant now; never before one that was returned earlier.</summary>
    Instant Now();
}

/// <summary>
/// The time since the machine booted, counting suspension (<c>CLOCK_BOOTTIME</c>): a holder whose machine slept must
/// wake up knowing that its lease may have ended meanwhile, which <c>CLOCK_MONOTONIC</c>, and with it
/// <see cref="Stopwatch"/>, would hide.
/// </summary>
/// <remarks>
/// Where there is no such clock (development on other systems), <see cref="Stopwatch"/> stands in, and leases are
/// only as good as the machine is awake; see <see cref="CountsSuspension"/>.
/// </remarks>
public sealed class BootClock : IMonotonicClock
{
    private const int ClockBootTime = 7;
    private const long NanosecondsPerTick = 100;

    /// <summary>The one clock of the process; it has no state.</summary>
    public static readonly BootClock Instance = new();

    /// <summary>Whether the time a machine sleeps is counted: true on Linux.</summary>
    public static bool CountsSuspension { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    private BootClock()
    {
    }

    public Instant Now()
    {
        if (!CountsSuspension) return new Instant(Stopwatch.GetElapsedTime(0).Ticks);
        Invariant.Holds(ClockGetTime(ClockBootTime, out var time) == 0);
        return new Instant((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / NanosecondsPerTick));
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
