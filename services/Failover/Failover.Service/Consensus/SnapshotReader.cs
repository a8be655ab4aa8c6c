using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// Reads Consensus' snapshot for the machine, and keeps the newest for those who need more of it. Whichever voter
/// answers first is as good as another, until one stays behind what is wanted: then the voters are asked in turn, and
/// the first that is far enough is kept for as long as it is. One read at a time.
/// </summary>
internal sealed class SnapshotReader(
    ConsensusClient consensus,
    ConsensusClientOptions options,
    IMonotonicClock clock,
    TimeProvider time,
    ILogger<SnapshotReader> logger)
{
    private Token _newestHorizon;
    private Uri? _voter;
    private int _turn;
    private ConsensusSnapshot? _newest;
    private string? _trouble = "the first snapshot of Consensus";

    /// <summary>The newest snapshot; null before the first.</summary>
    public ConsensusSnapshot? Newest => Volatile.Read(ref _newest);

    /// <summary>Why the last read failed; null when it was well.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    public async Task<FailoverInput> ReadAsync(Token from, CancellationToken cancel)
    {
        var askedAt = clock.Now();
        try
        {
            var snapshot = await consensus.SnapshotAsync(
                cancel, _voter, _voter is null ? null : options.AttemptDeadline);
            var world = ObservationText.Read(snapshot, askedAt, clock.Now(), time.GetUtcNow().UtcDateTime);
            if (Newest is null || _newestHorizon <= world.Horizon)
            {
                _newestHorizon = world.Horizon;
                Volatile.Write(ref _newest, snapshot);
            }

            if (world.Horizon < from) AskAnother(snapshot.Node, world.Horizon, from);
            Volatile.Write(ref _trouble, null);
            return new FailoverInput.Observed(world);
        }
        catch (Exception failure) when (
            failure is ConsensusUnavailableException or ConsensusRefusedException or FormatException)
        {
            _voter = null;
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

    private void AskAnother(string voter, Token horizon, Token wanted)
    {
        Log.VoterBehind(logger, voter, horizon.ToString(), wanted.ToString());
        _voter = new Uri(options.Endpoints[_turn++ % options.Endpoints.Count]);
    }
}
