using System.Globalization;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// The marks under which Consensus carries a call out once. A session's numbers must grow, and no two calls may have
/// the same; they come from the clock, so that clients of one session need not know of each other while their clocks
/// agree. One whose clock is behind by longer than the others take for 32 changes is refused as forgotten.
/// </summary>
internal sealed class RequestMarks(TimeProvider clock)
{
    // Below a microsecond chance decides, so that not even calls of one moment meet. Enough until the year 2255.
    private const int ChanceBits = 10;

    private long _last;

    public string Of(SessionId session) =>
        string.Create(CultureInfo.InvariantCulture, $"{session}/{Next()}");

    /// <summary>For opening a session, which has no numbers yet: a random one of its own.</summary>
    public static string OfOpening() =>
        Random.Shared.NextInt64(1, long.MaxValue).ToString(CultureInfo.InvariantCulture);

    private long Next()
    {
        var microseconds = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var wanted = (microseconds << ChanceBits) | (long)Random.Shared.Next(1 << ChanceBits);
        while (true)
        {
            // A clock that was set back, or two calls at once: one more than the last.
            var last = Volatile.Read(ref _last);
            var next = Math.Max(wanted, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last) return next;
        }
    }
}
