using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Events;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// Reads Consensus' snapshot for the machine, and keeps the newest for those who need more of it. One read at a time.
/// </summary>
internal sealed class SnapshotReader(
    SnapshotFeed feed,
    DeathReports deaths,
    FailoverOptions options,
    IMonotonicClock clock,
    TimeProvider time,
    ILogger<SnapshotReader> logger)
{
    private const string PastCluster = "restored";

    private string? _trouble = "the first snapshot of Consensus";

    /// <summary>The newest snapshot; null before the first.</summary>
    public ConsensusSnapshot? Newest => feed.Newest;

    /// <summary>Why the last read failed; null when it was well.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    public async Task<FailoverInput> ReadAsync(Token from, CancellationToken cancel)
    {
        var askedAt = clock.Now();
        try
        {
            var snapshot = await feed.ReadAsync(from, cancel);
            var world = ObservationText.Read(snapshot, askedAt, clock.Now(), time.GetUtcNow().UtcDateTime, IsDeath);
            Volatile.Write(ref _trouble, null);
            return new FailoverInput.Observed(world);
        }
        catch (Exception failure) when (
            failure is ConsensusUnavailableException or ConsensusRefusedException or FormatException)
        {
            Telemetry.ObserveFailed();
            Log.ObserveFailed(logger, failure.Message);
            Volatile.Write(ref _trouble, failure.Message);
            return new FailoverInput.ObserveFailed();
        }
    }

    /// <summary>
    /// After a restore of Consensus from a backup, until every lease of the life before has run out: the session that
    /// stands for all of that life, also for those that were opened after the backup. Who holds a lease from before it
    /// may live.
    /// </summary>
    public SessionId? LivingBefore => (Newest?.Sessions ?? [])
        .Where(session => session is { Cluster: PastCluster, State: "revoked", Node: null })
        .Select(session => (SessionId?)SessionId.Parse(session.Session))
        .FirstOrDefault();

    /// <summary>The sessions of a cluster that have not ended.</summary>
    public IReadOnlyList<SessionId> LivingSessions(ClusterId cluster) =>
    [
        .. (Newest?.Sessions ?? [])
            .Where(session => session.Cluster == cluster.Value && session.State != "ended")
            .Select(session => SessionId.Parse(session.Session)),
    ];

    private bool IsDeath(NodeAnswer node, FenceAnswer fence) => fence.FencedAt is { } at &&
        deaths.Confirm(new NodeId(node.Node), fence.Generation, at, options.DeathWindow);
}
