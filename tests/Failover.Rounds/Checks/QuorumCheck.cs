using Holdfast.Failover.Rounds.Passages;

namespace Holdfast.Failover.Rounds.Checks;

/// <summary>Nobody promotes without a quorum, once no lease of before can hold any more.</summary>
internal static class QuorumCheck
{
    /// <param name="carriedOut">What the shards did.</param>
    /// <param name="leaseOver">When every lease that was granted before has run out.</param>
    /// <param name="until">From when there can be a quorum again.</param>
    public static IEnumerable<string> Problems(
        IReadOnlyList<CarriedOut> carriedOut, DateTime leaseOver, DateTime until) =>
        from call in carriedOut
        where call.Call.Work == GrantWork.Promote && call.Call.At > leaseOver && until > call.Call.At
        select $"quorum: {call.Promoted} grains were promoted on shard {call.Call.Shard} under " +
            $"{call.Call.Token} {(until - call.Call.At).TotalSeconds:F1} s before there was a quorum again";
}
