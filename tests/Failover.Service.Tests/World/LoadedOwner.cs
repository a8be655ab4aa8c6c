using Holdfast.Client;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>
/// A process that claims, writes through a guard and releases, as fast as it is answered, and tells a shard that lost
/// its memory what it holds. What it is told goes into the history.
/// </summary>
internal sealed class LoadedOwner(
    PaperConsensus consensus,
    IGrainDirectory directory,
    EpochGate gate,
    OwnershipHistory history,
    SessionRecord session,
    DirectoryLossReports? reports = null)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);

    private readonly Dictionary<GrainId, Epoch> _held = [];
    private readonly Dictionary<int, string> _gens = [];
    private Token _token = session.Token;

    /// <summary>What it holds, as far as it knows. To be read when it has ended.</summary>
    public IReadOnlyDictionary<GrainId, Epoch> Held => _held;

    public SessionId Session => session.Id;

    public ClusterId Cluster => session.Cluster;

    public int Steps { get; private set; }

    /// <summary>
    /// Is added to the name of each memory that answers, where two have the same: one of two masters.
    /// </summary>
    public string Branch { get; set; } = "";

    public async Task RunAsync(IReadOnlyList<GrainId> grains, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        using var pace = new PeriodicTimer(Pace);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await StepAsync(grains[random.Next(grains.Count)], random.Next(10));
                if (Steps++ % 8 == 0) await LookAsync();
            }
            catch (DirectoryUnavailableException)
            {
                // Redis is down for the moment: what was asked may have been done, and is asked again.
                Steps++;
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Claims one grain of each, before anything else.</summary>
    public async Task ClaimAsync(params IEnumerable<GrainId> grains)
    {
        var answers = await directory.ClaimAsync(
            [.. grains.Select(grain => new GrainClaim(grain))], Cluster, Session, _token, CancellationToken.None);
        foreach (var answer in answers) Take(answer, isChange: true);
    }

    private async Task StepAsync(GrainId grain, int what)
    {
        if (what < 4 && !_held.ContainsKey(grain)) await ClaimAsync(grain);
        else if (what == 9 && _held.TryGetValue(grain, out var releasing)) await ReleaseAsync(grain, releasing);
        else if (_held.TryGetValue(grain, out var epoch))
        {
            var answer = gate.Guard(
                grain.ToString(),
                epoch,
                () =>
                {
                    history.Decided(new GuardDecided(grain, epoch, IsAccepted: true));
                    return true;
                },
                out _);
            if (!answer.Passed) _held.Remove(grain);
        }
    }

    private async Task ReleaseAsync(GrainId grain, Epoch epoch)
    {
        var answer = (await directory.ReleaseAsync([new HeldGrain(grain, epoch)], Session, default)).Single();
        if (answer.Status is DirectoryStatus.Ok or DirectoryStatus.NotOwner) _held.Remove(grain);
        if (answer.Status == DirectoryStatus.Ok) history.Released(new ReleaseTold(grain, epoch, PointOf(answer)));
    }

    private async Task LookAsync()
    {
        if (reports is not null) await reports.ReportAsync(default);
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var seen = await directory.ShardAsync(shard, default);
            var isNew = _gens.GetValueOrDefault(shard) is { } known && known != seen.Version.Gen;
            switch (seen.Status)
            {
                case DirectoryStatus.Reasserting:
                    await TellAsync(shard);
                    break;
                case DirectoryStatus.Ok when isNew:
                    await ClaimAgainAsync(shard);
                    _gens[shard] = seen.Version.Gen;
                    break;
                case DirectoryStatus.Ok:
                    _gens[shard] = seen.Version.Gen;
                    break;
            }
        }
    }

    private async Task TellAsync(int shard)
    {
        _token = consensus.Advance(Session);
        foreach (var answer in await directory.ReassertAsync(Of(shard), Cluster, Session, _token, default))
        {
            Take(answer, isChange: false);
            if (answer.Status == DirectoryStatus.LostRace) _held.Remove(answer.Grain);
        }
    }

    private async Task ClaimAgainAsync(int shard)
    {
        _token = consensus.Advance(Session);
        var claims = Of(shard).ConvertAll(held => new GrainClaim(held.Grain));
        foreach (var answer in await directory.ClaimAsync(claims, Cluster, Session, _token, default))
        {
            Take(answer, isChange: true);
            if (answer.Status is not DirectoryStatus.Ok) _held.Remove(answer.Grain);
        }
    }

    private List<HeldGrain> Of(int shard) =>
    [
        .. _held.Where(held => GrainShard.Of(held.Key, directory.Shards) == shard)
            .Select(held => new HeldGrain(held.Key, held.Value)),
    ];

    private void Take(GrainAnswer answer, bool isChange)
    {
        if (answer.Status is DirectoryStatus.BelowFloor or DirectoryStatus.TokenTooLow)
            _token = consensus.Advance(Session);
        if (answer is not { Status: DirectoryStatus.Ok, Record: { } record }) return;
        _held[answer.Grain] = record.Epoch;
        history.Told(new OwnerTold(
            answer.Grain,
            record.Epoch,
            record.Cluster,
            record.Holder,
            PointOf(answer),
            isChange));
    }

    private MemoryPoint PointOf(GrainAnswer answer) => new(
        GrainShard.Of(answer.Grain, directory.Shards), answer.Shard.Gen + Branch, answer.Shard.Seq);
}
