namespace Holdfast.Contracts.Http;

/// <summary>
/// <c>POST /v1/force</c>: promote away from an unreachable cluster now, whatever the grace, a pause, the brake, the
/// layout of the voters and the usual heir say.
/// </summary>
/// <param name="From">The unreachable cluster.</param>
/// <param name="Reason">Why; told in the audit event.</param>
/// <param name="To">The cluster that takes over; absent: that of the Failover that is asked.</param>
/// <param name="Operator">Who asks, in the caller's own words; told in the audit event.</param>
public sealed record ForceRequest(string From, string Reason, string? To = null, string? Operator = null);

/// <summary>The order is on record: the Failover of <c>To</c> follows it as soon as it reads it.</summary>
/// <param name="From">The unreachable cluster.</param>
/// <param name="To">The cluster that takes over.</param>
/// <param name="Token">The token of the order's entry; it counts for fences below it only.</param>
/// <param name="Grains">
/// How many grains <c>From</c> owned when it was ordered; absent where a shard of the directory did not say.
/// </param>
public sealed record ForceAnswer(string From, string To, string Token, long? Grains);

/// <summary><c>POST /v1/transfers</c>: ask the owners in a cluster to give grains to another.</summary>
/// <param name="From">The owner.</param>
/// <param name="To">The receiver; must be live.</param>
/// <param name="GrainType">Only this type; absent: all.</param>
/// <param name="GrainsMax">
/// So many; absent: all. Every program of the owner gives its share of a batch, so more may be given.
/// </param>
/// <param name="BatchMax">How many are asked for at a time; absent: <c>Failover:TransferBatch</c>.</param>
public sealed record GrainTransferRequest(
    string From, string To, string? GrainType = null, int? GrainsMax = null, int? BatchMax = null);

/// <summary>How a transfer stands.</summary>
public sealed record GrainTransferAnswer
{
    public required string Id { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    public string? GrainType { get; init; }

    public int? GrainsMax { get; init; }

    /// <summary>
    /// <c>running</c>, <c>completed</c>, <c>stalled</c> (nobody gave anything any more) or <c>refused</c> by an owner
    /// where no other gave anything. A transfer of one type has also completed when it brought some and then no more.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Commands that were sent to the owners.</summary>
    public required int Batches { get; init; }

    /// <summary>How many grains fewer <c>From</c> owns than at first.</summary>
    public required long Transferred { get; init; }

    /// <summary>How many grains <c>From</c> still owns, of any type.</summary>
    public required long Remaining { get; init; }

    /// <summary>What the last command was answered, or why it ended.</summary>
    public string? Detail { get; init; }
}
