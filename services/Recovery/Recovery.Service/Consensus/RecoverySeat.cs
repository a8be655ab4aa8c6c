using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Consensus;

/// <summary>
/// Wants the election <c>recovery/&lt;own cluster&gt;</c>, tells the loop, and claims the groups' grains for its
/// session.
/// </summary>
internal sealed class RecoverySeat(
    ConsensusClient consensus,
    RecoveryMailbox mailbox,
    NodeOptions node,
    RecoveryOptions options,
    TimeProvider time,
    ILogger<RecoverySeat> logger) : ElectionSeat(consensus, SeatOf(node, options), time, logger)
{
    public async Task<RecoveryInput> AdvanceAsync(CancellationToken cancel) =>
        await TryAdvanceAsync(cancel) is { } token
            ? new RecoveryInput.Advanced(token)
            : new RecoveryInput.AdvanceFailed();

    /// <summary>
    /// Makes the session the holder of a group's grain, taking it from an earlier session of the own cluster; null
    /// while there is no session.
    /// </summary>
    /// <exception cref="SessionLostException">The session is lost.</exception>
    /// <exception cref="ConsensusUnavailableException">A newer token was wanted, and nobody answered.</exception>
    /// <exception cref="DirectoryUnavailableException">It may be claimed.</exception>
    public async Task<ClaimResult?> ClaimAsync(
        IGrainDirectory directory, GrainId group, Epoch? expected, CancellationToken cancel)
    {
        if (Session is not { } session) return null;
        var claims = new GrainClaims(directory, session);
        return (await claims.ClaimAsync([new GrainClaim(group, expected)], cancel))[0];
    }

    /// <summary>Whether a record is held by the own session.</summary>
    public bool Holds(GrainRecord record) => Session is { } session && record.Holder == session.Id;

    protected override ValueTask HeldAsync(Token token, CancellationToken cancel) =>
        mailbox.PostAsync(new RecoveryInput.GrantHeld(token), cancel);

    protected override ValueTask LostAsync(CancellationToken cancel) =>
        mailbox.PostAsync(new RecoveryInput.GrantLost(), cancel);

    private static ElectionSeatOptions SeatOf(NodeOptions node, RecoveryOptions options) => new()
    {
        Election = ElectionName.Recovery(node.Cluster),
        Cluster = node.Cluster,
        Node = node.Id,
        Ttl = options.SessionTtl,
        KeepAlive = options.KeepAlive,
        CheckInterval = options.CheckInterval,
    };
}
