using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class PeerDetectorTests
{
    private static readonly GossipOptions Options = new();
    private static readonly TimeSpan Interval = Options.LanInterval;

    [Fact]
    public void A_peer_that_beat_once_is_accused_in_bounded_time()
    {
        var detector = new PeerDetector(Options, Interval, Instant.Zero);
        detector.Hear(1, TimeSpan.Zero, Instant.Zero);
        AccusedAfter(detector, Instant.Zero).ShouldBe(At(0.781) - Instant.Zero, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void A_peer_that_never_beat_is_accused_after_the_allowance_for_a_first_contact()
    {
        var detector = new PeerDetector(Options, Interval, Instant.Zero);
        AccusedAfter(detector, Instant.Zero).ShouldBe(Options.FirstContact, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void An_outage_is_no_habit()
    {
        var detector = Steady(out var last);
        var before = detector.SilenceAllowed;
        var back = last + TimeSpan.FromMinutes(10);
        detector.Hear(10_000, TimeSpan.FromMinutes(12), back);
        detector.SilenceAllowed.ShouldBe(before);
    }

    [Fact]
    public void Heartbeats_that_were_held_up_and_come_all_at_once_are_no_habit()
    {
        var detector = Steady(out var last);
        var before = detector.SilenceAllowed;
        for (var i = 1; i <= 20; i++)
        {
            var sent = TimeSpan.FromSeconds(100) + (Interval * i);
            detector.Hear(1_000 + (ulong)i, sent, last + TimeSpan.FromMilliseconds(i));
        }

        detector.SilenceAllowed.ShouldBe(before);
    }

    [Fact]
    public void A_repeated_or_overtaken_heartbeat_is_not_heard()
    {
        var detector = Steady(out var last);
        detector.Hear(3, TimeSpan.FromSeconds(1), last + TimeSpan.FromSeconds(1));
        detector.SilentFor(last + TimeSpan.FromSeconds(1)).ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void An_own_pause_is_neither_held_against_the_peer_nor_taken_for_its_habit()
    {
        var detector = Steady(out var last);
        var before = detector.SilenceAllowed;
        var awake = last + TimeSpan.FromSeconds(30.1);
        detector.Forgive(TimeSpan.FromSeconds(30), Interval, awake);
        detector.SilentFor(awake).ShouldBe(TimeSpan.FromSeconds(0.1));
        detector.Hear(10_000, TimeSpan.FromSeconds(100), awake + TimeSpan.FromMilliseconds(10));
        detector.SilenceAllowed.ShouldBe(before);
    }

    [Fact]
    public void An_observer_that_is_stopped_again_and_again_still_accuses_a_dead_peer()
    {
        var detector = Steady(out var now);
        var awake = TimeSpan.Zero;
        while (detector.SilentFor(now) < detector.SilenceAllowed)
        {
            now += TimeSpan.FromSeconds(0.5);
            detector.Forgive(TimeSpan.FromSeconds(0.5), Interval, now);
            for (var tick = 0; tick < 5 && detector.SilentFor(now) < detector.SilenceAllowed; tick++)
            {
                now += TimeSpan.FromMilliseconds(50);
                awake += TimeSpan.FromMilliseconds(50);
            }
        }

        awake.ShouldBeInRange(detector.SilenceAllowed, detector.SilenceAllowed + Interval);
    }

    [Fact]
    public void An_accusation_is_not_made_in_the_moment_of_waking()
    {
        var detector = Steady(out var last);
        var awake = last + TimeSpan.FromSeconds(31);
        detector.Forgive(TimeSpan.FromSeconds(30), Interval, awake);
        detector.SilentFor(awake).ShouldBe(detector.SilenceAllowed - Interval);
    }

    [Fact]
    public void A_shorter_interval_detects_sooner()
    {
        var fast = new PeerDetector(Options, TimeSpan.FromMilliseconds(100), Instant.Zero);
        fast.Hear(1, TimeSpan.Zero, Instant.Zero);
        var slow = new PeerDetector(Options, TimeSpan.FromSeconds(1), Instant.Zero);
        slow.Hear(1, TimeSpan.Zero, Instant.Zero);
        AccusedAfter(fast, Instant.Zero).ShouldBeLessThan(TimeSpan.FromSeconds(0.7));
        AccusedAfter(slow, Instant.Zero).ShouldBeInRange(TimeSpan.FromSeconds(2.6), TimeSpan.FromSeconds(2.8));
    }

    [Fact]
    public void A_peer_of_irregular_habit_is_given_more_time()
    {
        var irregular = new PeerDetector(Options, Interval, Instant.Zero);
        var random = new Random(7);
        var now = Instant.Zero;
        var sent = TimeSpan.Zero;
        for (ulong beat = 1; beat <= 200; beat++)
        {
            var gap = Interval * (1 + random.Next(4));
            now += gap;
            sent += gap;
            irregular.Hear(beat, sent, now);
        }

        irregular.SilenceAllowed.ShouldBeGreaterThan(Steady(out _).SilenceAllowed * 2);
    }

    private static PeerDetector Steady(out Instant last)
    {
        var detector = new PeerDetector(Options, Interval, Instant.Zero);
        last = Instant.Zero;
        for (ulong beat = 1; beat <= 200; beat++)
        {
            last += Interval;
            detector.Hear(beat, Interval * beat, last);
        }

        return detector;
    }

    private static TimeSpan AccusedAfter(PeerDetector detector, Instant start)
    {
        var now = start;
        while (detector.SilentFor(now) < detector.SilenceAllowed) now += TimeSpan.FromMilliseconds(1);
        detector.Phi(now).ShouldBe(Options.PhiThreshold, 0.3);
        return now - start;
    }

    private static Instant At(double seconds) => Instant.Zero + TimeSpan.FromSeconds(seconds);
}
