using FsCheck;
using FsCheck.Fluent;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class PhiAccrualTests
{
    /// <summary>Minus the logarithm of the upper tail of the normal distribution, from the C library's erfc.</summary>
    [Theory]
    [InlineData(-2, 0.009994379534)]
    [InlineData(0, 0.301029995664)]
    [InlineData(1, 0.799545541492)]
    [InlineData(2, 1.643016080141)]
    [InlineData(3, 2.869699035929)]
    [InlineData(4, 4.499334907556)]
    [InlineData(5, 6.542645672391)]
    [InlineData(6, 9.005864327477)]
    [InlineData(7, 11.892853637476)]
    [InlineData(8, 15.206142551017)]
    [InlineData(10, 23.118053405486)]
    [InlineData(20, 88.560095343076)]
    public void Phi_is_the_tail_of_the_normal_distribution(double deviations, double phi) =>
        PhiAt(deviations).ShouldBe(phi, 1e-6);

    [Theory]
    [InlineData(100)]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    public void Phi_of_a_silence_however_long_is_a_number(double deviations)
    {
        PhiAt(deviations).ShouldBeGreaterThan(PhiAt(deviations / 2));
        double.IsFinite(PhiAt(deviations)).ShouldBeTrue();
    }

    [Fact]
    public void Phi_never_falls_while_the_silence_lasts() =>
        Prop.ForAll(Gen.Choose(-100_000, 1_000_000).Two().ToArbitrary(), pair =>
        {
            var (early, late) = (Math.Min(pair.Item1, pair.Item2), Math.Max(pair.Item1, pair.Item2));
            // The fit of erfc is good to 1e-7, so two neighbours may change places by that much.
            return PhiAt(late / 1_000.0) >= PhiAt(early / 1_000.0) - 1e-7;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    public void The_silence_at_a_threshold_reaches_it_and_not_a_moment_earlier(double threshold)
    {
        var (mean, deviation) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(250));
        var silence = PhiAccrual.SilenceAt(threshold, mean, deviation);
        PhiAccrual.Phi(silence + TimeSpan.FromMilliseconds(1), mean, deviation).ShouldBeGreaterThan(threshold);
        PhiAccrual.Phi(silence - TimeSpan.FromMilliseconds(1), mean, deviation).ShouldBeLessThan(threshold);
    }

    private static double PhiAt(double deviations) => PhiAccrual.Phi(
        TimeSpan.FromSeconds(1) + (TimeSpan.FromMilliseconds(100) * deviations),
        TimeSpan.FromSeconds(1),
        TimeSpan.FromMilliseconds(100));
}
