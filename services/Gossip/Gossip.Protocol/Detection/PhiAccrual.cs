namespace Holdfast.Gossip.Protocol;

/// <summary>
/// Phi accrual (Hayashibara et al., SRDS 2004): how surprising a silence is, as minus the decimal logarithm of the
/// chance that a heartbeat of the peer's habit comes even later. The habit is a normal distribution.
/// </summary>
public static class PhiAccrual
{
    private const double Ln10 = 2.302585092994046;

    /// <summary>Minus the decimal logarithm of the upper tail of the normal distribution.</summary>
    public static double Phi(TimeSpan elapsed, TimeSpan mean, TimeSpan deviation)
    {
        var y = (elapsed - mean) / deviation;
        return Math.Max(0, -LogUpperTail(y) / Ln10);
    }

    /// <summary>The silence at which phi reaches <paramref name="threshold"/>.</summary>
    public static TimeSpan SilenceAt(double threshold, TimeSpan mean, TimeSpan deviation) =>
        mean + (deviation * DeviationsAt(threshold));

    /// <summary>
    /// How many deviations above the mean phi reaches the threshold; by bisection, phi grows with it.
    /// </summary>
    public static double DeviationsAt(double threshold)
    {
        // Below: phi is 0 far to the left. Above: phi grows like y^2 / (2 ln 10), so 16 is reached before 9.
        double low = -40, high = 40;
        for (var i = 0; i < 80; i++)
        {
            var middle = (low + high) / 2;
            if (-LogUpperTail(middle) / Ln10 < threshold) low = middle;
            else high = middle;
        }

        return high;
    }

    /// <summary>
    /// ln Q(y). For y above 0 the exponent is never taken out of its logarithm, so it cannot underflow however long the
    /// silence; below 0 it is near ln 1.
    /// </summary>
    private static double LogUpperTail(double y)
    {
        const double ln2 = 0.6931471805599453;
        var z = Math.Abs(y) / Math.Sqrt(2);
        return y >= 0 ? LogErfc(z) - ln2 : Math.Log(1 - (Math.Exp(LogErfc(z)) / 2));
    }

    /// <summary>
    /// ln erfc(z) for z of 0 or more, by the Chebyshev fit of Press et al., Numerical Recipes, 6.2: erfc has a relative
    /// error below 1.2e-7 everywhere, so phi is exact to 1e-7.
    /// </summary>
    private static double LogErfc(double z)
    {
        ReadOnlySpan<double> fit =
        [
            -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
            -0.82215223, 0.17087277,
        ];
        var t = 1 / (1 + (z / 2));
        var sum = 0.0;
        for (var i = fit.Length - 1; i >= 0; i--) sum = (sum * t) + fit[i];
        return Math.Log(t) - (z * z) + sum;
    }
}
