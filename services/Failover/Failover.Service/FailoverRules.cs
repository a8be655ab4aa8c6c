using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service;

/// <summary>What must hold between the options; each problem names keys, values and what is legal.</summary>
internal static class FailoverRules
{
    public static IEnumerable<string> Problems(FailoverOptions options, ClusterId own)
    {
        if (options.BackoffMax < options.BackoffMin)
        {
            yield return $"Failover:BackoffMax ({options.BackoffMax}) must be at least Failover:BackoffMin " +
                $"({options.BackoffMin}).";
        }

        if (options.KeepAlive * 3 > options.SessionTtl)
        {
            yield return $"Failover:KeepAlive ({options.KeepAlive}) must be at most a third of Failover:SessionTtl " +
                $"({options.SessionTtl}).";
        }

        foreach (var cluster in options.Watched)
        {
            if (!ClusterId.IsLegal(cluster))
            {
                yield return $"Failover:Watched has '{cluster}'; cluster ids of 1 to 128 characters of " +
                    "A-Z a-z 0-9 . _ - are wanted.";
            }
            else if (cluster == own.Value)
            {
                yield return $"Failover:Watched has '{cluster}', which is Node:Cluster; a cluster does not inherit " +
                    "from itself, so other clusters are wanted.";
            }
        }
    }

    public static IEnumerable<string> Problems(OutboxRelayOptions options)
    {
        if (options.PollIntervalMax < options.PollIntervalMin)
        {
            yield return $"OutboxRelay:PollIntervalMax ({options.PollIntervalMax}) must be at least " +
                $"OutboxRelay:PollIntervalMin ({options.PollIntervalMin}).";
        }

        if (options.RetryIntervalMax < options.RetryIntervalMin)
        {
            yield return $"OutboxRelay:RetryIntervalMax ({options.RetryIntervalMax}) must be at least " +
                $"OutboxRelay:RetryIntervalMin ({options.RetryIntervalMin}).";
        }
    }
}
