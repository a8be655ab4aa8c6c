using FsCheck;
using FsCheck.Fluent;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class ArrivalWindowTests
{
    [Fact]
    public void Sums_kept_along_the_way_are_those_of_a_plain_list() =>
        Prop.ForAll(
            Gen.Choose(0, 60_000_000).ArrayOf().ToArbitrary(), Gen.Choose(2, 20).ToArbitrary(), (samples, capacity) =>
            {
                var guess = TimeSpan.FromMilliseconds(200);
                var window = new ArrivalWindow(capacity, guess);
                List<double> twin = [guess.TotalMicroseconds * 0.75, guess.TotalMicroseconds * 1.25];
                foreach (var sample in samples)
                {
                    window.Record(TimeSpan.FromMicroseconds(sample));
                    twin.Add(sample);
                }

                var kept = twin.TakeLast(capacity).ToList();
                var mean = kept.Average();
                var deviation = Math.Sqrt(kept.Average(sample => (sample - mean) * (sample - mean)));
                window.Count.ShouldBe(kept.Count);
                window.Mean.TotalMicroseconds.ShouldBe(mean, 1);
                window.Deviation.TotalMicroseconds.ShouldBe(deviation, 5 + (mean * 1e-6));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_window_begins_with_a_guess_around_the_announced_interval()
    {
        var window = new ArrivalWindow(100, TimeSpan.FromMilliseconds(200));
        window.Mean.ShouldBe(TimeSpan.FromMilliseconds(200));
        window.Deviation.ShouldBe(TimeSpan.FromMilliseconds(50));
    }
}
