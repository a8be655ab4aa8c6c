using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// The habit of one peer: its last inter-arrival times. It begins with two guessed samples around the announced
/// interval, so that a peer that beat once, or never, is still convicted in bounded time (after Akka).
/// </summary>
public sealed class ArrivalWindow
{
    // Microseconds, so that the sums are exact integers and need no rebuilding against drift: 1,000 samples of 60 s
    // have a sum of squares of 3.6e18, below the end of a long.
    private readonly long[] _samples;
    private int _next;
    private int _count;

    // Invariant: the sum, and the sum of squares, of the _count newest samples.
    private long _sum;
    private long _sumOfSquares;

    public ArrivalWindow(int capacity, TimeSpan guessedInterval)
    {
        Invariant.Holds(capacity is >= 2 and <= 1_000);
        _samples = new long[capacity];
        Record(guessedInterval * 0.75);
        Record(guessedInterval * 1.25);
    }

    public int Count => _count;

    public TimeSpan Mean => TimeSpan.FromMicroseconds((double)_sum / _count);

    /// <summary>The population's standard deviation.</summary>
    public TimeSpan Deviation
    {
        get
        {
            var mean = (double)_sum / _count;
            return TimeSpan.FromMicroseconds(Math.Sqrt(Math.Max(0, ((double)_sumOfSquares / _count) - (mean * mean))));
        }
    }

    /// <summary>Remembers a sample, the oldest one gives way.</summary>
    public void Record(TimeSpan interval)
    {
        var sample = (long)Math.Clamp(interval.TotalMicroseconds, 0, 60_000_000);
        if (_count == _samples.Length)
        {
            var oldest = _samples[_next];
            _sum -= oldest;
            _sumOfSquares -= oldest * oldest;
        }
        else
        {
            _count++;
        }

        _samples[_next] = sample;
        _sum += sample;
        _sumOfSquares += sample * sample;
        _next = (_next + 1) % _samples.Length;
    }
}
