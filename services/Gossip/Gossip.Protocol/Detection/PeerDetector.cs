using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// One observer's ear for one peer: it turns direct heartbeats into a habit and a silence into phi. Three things are
/// never taken for habit: a gap longer than <see cref="GapsMax"/> intervals (an outage), heartbeats that arrive closer
/// together than they were sent (a queue that was held up), and a gap in which this observer was itself stopped.
/// </summary>
public sealed class PeerDetector
{
    /// <summary>A gap of more intervals than this is an outage and not a habit.</summary>
    public const int GapsMax = 5;

    private readonly GossipOptions _options;
    private readonly ArrivalWindow _window;
    private readonly TimeSpan _interval;
    private readonly double _deviationsAtThreshold;
    private Instant _quietSince;
    private ulong _lastBeat;
    private TimeSpan _lastSent;
    private bool _gapCounts;

    public PeerDetector(GossipOptions options, TimeSpan interval, Instant start)
    {
        _options = options;
        _interval = interval;
        _window = new ArrivalWindow(options.WindowSamples, interval);
        _deviationsAtThreshold = PhiAccrual.DeviationsAt(options.PhiThreshold);
        // The first heartbeat is awaited from the end of the allowance on, so phi grows from there.
        _quietSince = start + TimeSpan.FromTicks(Math.Max(0, (options.FirstContact - SilenceAllowed).Ticks));
    }

    /// <summary>Whether any heartbeat came directly yet.</summary>
    public bool Heard { get; private set; }

    /// <summary>The announced interval that the habit began with.</summary>
    public TimeSpan Interval => _interval;

    /// <summary>The silence that reaches the threshold.</summary>
    public TimeSpan SilenceAllowed =>
        _window.Mean + (Deviation * _deviationsAtThreshold) + _options.PauseAccepted;

    private TimeSpan Deviation
    {
        get
        {
            var quarter = _interval / 4;
            var floor = _options.DeviationFloor > quarter ? _options.DeviationFloor : quarter;
            var deviation = _window.Deviation;
            return deviation > floor ? deviation : floor;
        }
    }

    /// <summary>
    /// A heartbeat came from the peer itself, <paramref name="sent"/> by the peer's own clock. A number that is
    /// repeated or was overtaken says nothing new.
    /// </summary>
    public void Hear(ulong beat, TimeSpan sent, Instant now)
    {
        if (Heard && beat <= _lastBeat) return;
        if (Heard && _gapCounts) Sample(now - _quietSince, sent - _lastSent);
        Heard = true;
        _gapCounts = true;
        _lastBeat = beat;
        _lastSent = sent;
        _quietSince = now;
    }

    /// <summary>
    /// This observer was stopped for a while: only silence that it was awake for counts. What arrived meanwhile still
    /// waits in its socket, so before it accuses it listens for <paramref name="atLeast"/> more. The silence before the
    /// pause is kept: an observer that is starved again and again would otherwise never accuse anybody.
    /// </summary>
    public void Forgive(TimeSpan pause, TimeSpan atLeast, Instant now)
    {
        _quietSince = Instant.Max(_quietSince + pause, now - (SilenceAllowed - atLeast));
        _gapCounts = false;
    }

    /// <summary>Since the last heartbeat, or since one was first due.</summary>
    public TimeSpan SilentFor(Instant now) => now > _quietSince ? now - _quietSince : TimeSpan.Zero;

    public double Phi(Instant now) =>
        PhiAccrual.Phi(SilentFor(now) - _options.PauseAccepted, _window.Mean, Deviation);

    private void Sample(TimeSpan gap, TimeSpan sendGap)
    {
        var isBurst = gap < sendGap / 2 || sendGap < _interval / 2;
        var isOutage = gap > _interval * GapsMax;
        if (!isBurst && !isOutage) _window.Record(gap);
    }
}
