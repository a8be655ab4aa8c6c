using System.Threading.RateLimiting;

namespace Holdfast.Consensus.Service.Http;

/// <summary>
/// How many reports of losses become entries of the log. Only what a leader would write takes a place: not what is
/// illegal, comes to a follower, or names a loss that the state knows. All who held something report a loss, mostly the
/// same one, and repeat what was not taken; so the bound costs a large loss some seconds, and no report.
/// </summary>
internal sealed class LossReports(RateLimiter bucket) : IDisposable
{
    public const int PerSecondMax = 1_000;

    public static LossReports PerSecond(int max) => new(new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
    {
        TokenLimit = max,
        TokensPerPeriod = Math.Max(1, max / 10),
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
        QueueLimit = 0,
        AutoReplenishment = true,
    }));

    /// <summary>Whether one more is taken now.</summary>
    public bool TryTake()
    {
        using var lease = bucket.AttemptAcquire();
        return lease.IsAcquired;
    }

    public void Dispose() => bucket.Dispose();
}
