using System.Diagnostics;
using System.Runtime.InteropServices;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// A monotonic clock that goes on while the machine sleeps (<c>CLOCK_BOOTTIME</c>): a holder that was suspended must
/// wake up to a lease that has run out. Where the system has no such clock, the ordinary monotonic one stands in.
/// </summary>
public static partial class BootClock
{
    private const int ClockBoottime = 7;

    /// <summary>Whether the clock counts suspension here.</summary>
    public static bool CountsSuspension { get; } = OperatingSystem.IsLinux() && TryRead(out _);

    /// <summary>Now.</summary>
    public static Instant Now() => CountsSuspension && TryRead(out var now)
        ? now
        : new Instant(Stopwatch.GetElapsedTime(0).Ticks);

    private static bool TryRead(out Instant now)
    {
        var read = clock_gettime(ClockBoottime, out var time) == 0;
        now = new Instant((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100));
        return read;
    }

    [DllImport("libc", SetLastError = false)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int clock_gettime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
