using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>Reads Consensus' snapshot for the machine, and keeps the newest for those who need more of it.</summary>
internal sealed class SnapshotReader(
    ConsensusClient consensus, IMonotonicClock clock, TimeProvider time, ILogger<SnapshotReader> logger)
{
    private ConsensusSnapshot? _newest;
    private string? _trouble = "the first snapshot of Consensus";

    /// <summary>The newest snapshot; null before the first.</summary>
    public ConsensusSnapshot? Newest => Volatile.Read(ref _newest);

    /// <summary>Why the last read failed; null when it was well.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    public async Task<FailoverInput> ReadAsync(CancellationToken cancel)
    {
        var askedAt = clock.Now();
        try
        {
            var snapshot = await consensus.SnapshotAsync(cancel);
            var world = ObservationText.Read(snapshot, askedAt, clock.Now(), time.GetUtcNow().UtcDateTime);
            if (Newest is not { } known || known.AppliedIndex <= snapshot.AppliedIndex)
                Volatile.Write(ref _newest, snapshot);
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

    /// <summary>The sessions of a cluster that have not ended.</summary>
    public IReadOnlyList<SessionId> LivingSessions(ClusterId cluster) =>
    [
        .. (Newest?.Sessions ?? [])
            .Where(session => session.Cluster == cluster.Value && session.State != "ended")
            .Select(session => SessionId.Parse(session.Session)),
    ];
}
