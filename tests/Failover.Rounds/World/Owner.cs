using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.World;

/// <summary>
/// A user's program: claims grains under its session, and writes to each again and again under the epoch it knows,
/// also when it is refused: nobody tells it that its cluster is dead. What it is told goes into the history.
/// </summary>
internal sealed class Owner(
    Installation world, HoldfastSession session, GuardedResource resource, OwnershipHistory history) : IAsyncDisposable
{
    private const int WritesPerPace = 100;
    private const int ClaimsPerPace = 50;

    private static readonly TimeSpan WritePace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LookPace = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<GrainId, Epoch> _held = new();

    public HoldfastSession Session { get; } = session;

    /// <summary>What it believes to hold.</summary>
    public IReadOnlyDictionary<GrainId, Epoch> Held => _held;

    /// <summary>Claims grains, with a newer token where one is wanted.</summary>
    public async Task ClaimAsync(IEnumerable<GrainId> grains, CancellationToken cancel)
    {
        foreach (var batch in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            var answers = await TryClaimAsync(batch, cancel);
            GrainId[] late =
            [
                .. answers.Where(answer => answer.Status is DirectoryStatus.TokenTooLow or DirectoryStatus.BelowFloor)
                    .Select(answer => answer.Grain),
            ];
            if (late.Length == 0) continue;
            await Session.AdvanceAsync(cancel);
            await TryClaimAsync(late, cancel);
        }
    }

    /// <summary>Goes on writing to all it ever held, in turn, whatever becomes of it.</summary>
    public async Task WriteAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(WritePace);
        while (!stop.IsCancellationRequested)
        {
            foreach (var part in _held.ToArray().Chunk(WritesPerPace))
            {
                foreach (var (grain, epoch) in part) resource.Write(grain, epoch);
                await pace.WaitForNextTickAsync(CancellationToken.None);
                if (stop.IsCancellationRequested) return;
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// Claims again what it held, a few at a time, as a program does that was not told of its end: what it is given
    /// counts, what it is refused does not matter.
    /// </summary>
    public Task ClaimAgainAsync(CancellationToken stop)
    {
        var all = _held.Keys.ToList();
        var at = 0;
        return RepeatAsync(
            async () =>
            {
                var some = Enumerable.Range(0, ClaimsPerPace).Select(_ => all[at++ % all.Count]).Distinct().ToArray();
                await TryClaimAsync(some, CancellationToken.None);
            },
            stop);
    }

    /// <summary>Claims what its cluster inherits, as soon as it sees it, until it holds all of it.</summary>
    public Task TakeOverAsync(IReadOnlyList<GrainId> grains, CancellationToken stop) => RepeatAsync(
        async () =>
        {
            var missing = grains.Where(grain => !_held.ContainsKey(grain)).ToList();
            foreach (var batch in missing.Chunk(DirectoryLimits.GrainsPerCallMax))
            {
                var seen = await world.Directory.LookupAsync(batch, CancellationToken.None);
                foreach (var answer in seen) Told(answer, isChange: false);
                var inherited = seen.Where(answer =>
                    answer.Record is { Holder: null } record && record.Cluster == Session.Cluster);
                await ClaimAsync(inherited.Select(answer => answer.Grain), CancellationToken.None);
            }
        },
        stop);

    public ValueTask DisposeAsync() => Session.DisposeAsync();

    private static async Task RepeatAsync(Func<Task> act, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(LookPace);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await act();
            }
            catch (Exception down) when (down is DirectoryUnavailableException or ConsensusUnavailableException)
            {
                // A fault of the round. What was asked for may have been done; the next look shows it.
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<GrainAnswer>> TryClaimAsync(GrainId[] grains, CancellationToken cancel)
    {
        var token = Session.Token;
        var answers = await world.Directory.ClaimAsync(
            [.. grains.Select(grain => new GrainClaim(grain))], Session.Cluster, Session.Id, token, cancel);
        foreach (var answer in answers)
        {
            // Under the token that it had, a holder is told again what it holds.
            var isNew = answer.Record is { } record && _held.GetValueOrDefault(answer.Grain) != record.Epoch;
            if (answer.Status == DirectoryStatus.Ok) Told(answer, isNew);
        }

        return answers;
    }

    private void Told(GrainAnswer answer, bool isChange)
    {
        if (answer.Record is not { } record) return;
        if (record.Holder == Session.Id) _held[answer.Grain] = record.Epoch;
        history.Told(new OwnerTold(
            answer.Grain,
            record.Epoch,
            record.Cluster,
            record.Holder,
            new MemoryPoint(GrainShard.Of(answer.Grain, Installation.Shards), answer.Shard.Gen, answer.Shard.Seq),
            isChange));
    }
}
