namespace Holdfast.Benchmarks;

internal static class Statistics
{
    public static double Median(IEnumerable<double> values) => Quantile([.. values], 0.5);

    /// <summary>The value below which that share of the values is; between two neighbours it is interpolated.</summary>
    public static double Quantile(double[] values, double share)
    {
        if (values.Length == 0) return double.NaN;
        var sorted = values.Order().ToArray();
        var place = share * (sorted.Length - 1);
        var below = (int)Math.Floor(place);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }
}
