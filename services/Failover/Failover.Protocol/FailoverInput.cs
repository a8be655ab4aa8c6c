using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>Everything that can happen to a <see cref="FailoverMachine"/>.</summary>
public abstract record FailoverInput
{
    private FailoverInput()
    {
    }

    /// <summary>Time has passed; sent at <see cref="FailoverOutput.WakeAt"/>, harmless at any other time.</summary>
    public sealed record Tick : FailoverInput;

    /// <summary>An event suggests that the world has changed: look now rather than at the next check.</summary>
    public sealed record Hint : FailoverInput;

    /// <summary>The snapshot that <see cref="FailoverOutput.Observe"/> asked for.</summary>
    public sealed record Observed(Observation World) : FailoverInput;

    /// <summary>The snapshot could not be had.</summary>
    public sealed record ObserveFailed : FailoverInput;

    /// <summary>The own session holds the own election.</summary>
    public sealed record GrantHeld(Token Token) : FailoverInput;

    /// <summary>The session or the election is lost, or its lease can not be relied on any more.</summary>
    public sealed record GrantLost : FailoverInput;

    /// <summary>What <see cref="FailoverOutput.AdvanceElection"/> asked for.</summary>
    public sealed record Advanced(Token Token) : FailoverInput;

    /// <summary>The election could not be advanced; whether it was is unknown.</summary>
    public sealed record AdvanceFailed : FailoverInput;

    /// <summary>The own token has grown old: a newer one is wanted, installed on every shard.</summary>
    public sealed record Renew : FailoverInput;

    /// <summary>A call to a shard of the directory has ended.</summary>
    public sealed record CallEnded(ShardCall Call, CallResult Result) : FailoverInput;

    /// <summary>The definition of the directory was written, or could not be; the next observation tells.</summary>
    public sealed record DefinitionEnded : FailoverInput;
}

/// <summary>What a call to a shard came to.</summary>
public abstract record CallResult
{
    private CallResult()
    {
    }

    /// <summary>Carried out: a shard opened, or a grant installed.</summary>
    public sealed record Done : CallResult;

    /// <summary>One batch of a promotion.</summary>
    /// <param name="Promoted">Records that moved.</param>
    /// <param name="Newer">Records left because their token is not below the caller's: a race lost to them.</param>
    /// <param name="Leased">Records left because a living session holds them on a lease.</param>
    /// <param name="Remaining">Records the failed cluster still owns on the shard.</param>
    /// <param name="Next">The cursor of the next call; null at the end of the pass.</param>
    /// <param name="Skipped">Records left because their type is not for this promoter.</param>
    public sealed record Batch(int Promoted, int Newer, int Leased, long Remaining, string? Next, int Skipped = 0)
        : CallResult
    {
        /// <summary>Records left because nobody can read them: the directory did not write them so.</summary>
        public int Malformed { get; init; }
    }

    /// <summary>How many grains each of the clusters owns that were asked about, and who else owns some.</summary>
    public sealed record Counted(ImmutableArray<long> Grains, ImmutableArray<(ClusterId Cluster, long Grains)> Others)
        : CallResult
    {
        /// <summary>What was promoted on the shard under brakes, as far as it is kept.</summary>
        public ImmutableArray<PastPromotion> Promoted { get; init; } = [];
    }

    /// <summary>
    /// The shard knows another grant of the election, or a floor, than the token of the call satisfies.
    /// </summary>
    public sealed record Refused(Token Bound) : CallResult;

    /// <summary>Nothing was heard, or something worth a later retry; the call may have been carried out.</summary>
    public sealed record Failed(string Why) : CallResult;
}
