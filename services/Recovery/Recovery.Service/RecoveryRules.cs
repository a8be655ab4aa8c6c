using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service;

/// <summary>What must hold between the options; each problem names keys, values and what is legal.</summary>
internal static class RecoveryRules
{
    public static IEnumerable<string> Problems(RecoveryOptions options)
    {
        if (options.BackoffMax < options.BackoffMin)
        {
            yield return $"Recovery:BackoffMax ({options.BackoffMax}) must be at least Recovery:BackoffMin " +
                $"({options.BackoffMin}).";
        }

        if (options.CallBackoffMax < options.BackoffMin)
        {
            yield return $"Recovery:CallBackoffMax ({options.CallBackoffMax}) must be at least Recovery:BackoffMin " +
                $"({options.BackoffMin}).";
        }

        if (options.OverallMax < options.PerGroupMax)
        {
            yield return $"Recovery:OverallMax ({options.OverallMax}) must be at least Recovery:PerGroupMax " +
                $"({options.PerGroupMax}).";
        }

        if (options.KeepAlive * 3 > options.SessionTtl)
        {
            yield return $"Recovery:KeepAlive ({options.KeepAlive}) must be at most a third of Recovery:SessionTtl " +
                $"({options.SessionTtl}).";
        }
    }
}
