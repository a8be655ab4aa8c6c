using Holdfast.Client;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Loop;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>Wants the election <c>failover/&lt;own cluster&gt;</c>, and tells the loop.</summary>
internal sealed class FailoverSeat(
    ConsensusClient consensus,
    FailoverMailbox mailbox,
    NodeOptions node,
    FailoverOptions options,
    TimeProvider time,
    ILogger<FailoverSeat> logger) : ElectionSeat(consensus, SeatOf(node, options), time, logger)
{
    public async Task<FailoverInput> AdvanceAsync(CancellationToken cancel) =>
        await TryAdvanceAsync(cancel) is { } token
            ? new FailoverInput.Advanced(token)
            : new FailoverInput.AdvanceFailed();

    protected override ValueTask HeldAsync(Token token, CancellationToken cancel) =>
        mailbox.PostAsync(new FailoverInput.GrantHeld(token), cancel);

    protected override ValueTask LostAsync(CancellationToken cancel) =>
        mailbox.PostAsync(new FailoverInput.GrantLost(), cancel);

    private static ElectionSeatOptions SeatOf(NodeOptions node, FailoverOptions options) => new()
    {
        Election = ElectionName.Failover(node.Cluster),
        Cluster = node.Cluster,
        Node = node.Id,
        Ttl = options.SessionTtl,
        KeepAlive = options.KeepAlive,
        CheckInterval = options.CheckInterval,
    };
}
