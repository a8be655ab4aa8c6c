using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.World;

/// <summary>
/// A user's program: its grains are kept as users have them kept, by a <see cref="GrainKeeper"/>, and it writes to each
/// again and again under the epoch with which it loaded it last, also where the keeper would not let it: so the
/// resource is what stops it. What it was told goes into the history, and what it was refused to the keeper.
/// </summary>
internal sealed class Owner : IGrainProgram, IAsyncDisposable
{
    private const int WritesPerPace = 100;
    private const int ClaimsPerPace = 50;

    private static readonly TimeSpan WritePace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan InsistPace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly GuardedResource _resource;
    private readonly OwnershipHistory _history;
    private readonly IGrainDirectory _directory;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<GrainId, Epoch> _told = new();
    private readonly ConcurrentDictionary<GrainId, Epoch> _loaded = new();
    private readonly ConcurrentDictionary<GrainId, GrainLossCause> _lost = new();
    private Task _keeping = Task.CompletedTask;
    private int _passes;

    /// <param name="world">Where it runs.</param>
    /// <param name="session">Of its cluster; it claims under it at once.</param>
    /// <param name="resource">What it writes to.</param>
    /// <param name="history">What it was told.</param>
    public Owner(Installation world, HoldfastSession session, GuardedResource resource, OwnershipHistory history)
    {
        (_resource, _history) = (resource, history);
        _directory = ToldDirectory.Of(world.Directory, Hear);
        Keeper = new GrainKeeper(world.Consensus, _directory, this, new GrainKeeperOptions
        {
            Types = [Installation.GrainType],
            CheckInterval = TimeSpan.FromMilliseconds(250),
            ListInterval = TimeSpan.FromMilliseconds(300),
        });
        Session = session;
        _keeping = Keeper.RunAsync(session, _stop.Token);
    }

    /// <summary>The one it began with; it may be lost.</summary>
    public HoldfastSession Session { get; }

    public GrainKeeper Keeper { get; }

    /// <summary>Why grains are not held any more, as the keeper told it.</summary>
    public IReadOnlyDictionary<GrainId, GrainLossCause> Lost => _lost;

    /// <summary>How many of these grains it may serve.</summary>
    public int Serves(IEnumerable<GrainId> grains) => grains.Count(grain => Keeper.TryServe(grain, out _));

    /// <summary>Claims grains that nobody has, until it serves them all.</summary>
    public Task ClaimAsync(IReadOnlyCollection<GrainId> grains, CancellationToken cancel) => Eventually.SeesAsync(
        "an owner of every grain",
        async _ =>
        {
            await Keeper.ClaimAsync([.. grains.Where(grain => !Keeper.TryServe(grain, out Epoch _))], cancel);
            return Serves(grains);
        },
        serves => serves == grains.Count,
        Patience);

    /// <summary>Goes on writing to all it ever loaded, in turn, whatever becomes of it.</summary>
    public async Task WriteAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(WritePace);
        while (!stop.IsCancellationRequested)
        {
            foreach (var part in _loaded.ToArray().Chunk(WritesPerPace))
            {
                foreach (var (grain, epoch) in part)
                    if (!_resource.Write(grain, epoch)) _ = Keeper.RefusedAsync(grain, epoch, CancellationToken.None);
                await pace.WaitForNextTickAsync(CancellationToken.None);
                if (stop.IsCancellationRequested) return;
            }

            Interlocked.Increment(ref _passes);
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Until it has written once more to all that it has loaded by now.</summary>
    public Task WritesAllAsync()
    {
        // The pass that is under way may have begun before.
        var wanted = Volatile.Read(ref _passes) + 2;
        return Eventually.SeesAsync(
            "another write to every grain",
            _ => Task.FromResult(Volatile.Read(ref _passes)),
            passes => passes >= wanted,
            Patience);
    }

    /// <summary>
    /// Claims again what it loaded, a few at a time and past its keeper, as a program does that was not told of its
    /// end: what it is given counts, what it is refused does not matter.
    /// </summary>
    public async Task InsistAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(InsistPace);
        var all = _loaded.Keys.ToList();
        for (var at = 0; !stop.IsCancellationRequested; at += ClaimsPerPace)
        {
            var some = Enumerable.Range(at, ClaimsPerPace).Select(i => new GrainClaim(all[i % all.Count])).Distinct();
            try
            {
                await _directory.ClaimAsync(
                    [.. some], Session.Cluster, Session.Id, Session.Token, CancellationToken.None);
            }
            catch (DirectoryUnavailableException)
            {
                // A fault of the round. What was asked for may have been done all the same.
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// Tells the keeper that the resource refused these grains, which it did not: whoever has restored a backup hears
    /// that. Each is claimed and loaded anew before it is served.
    /// </summary>
    public async Task<IReadOnlyList<string>> DoubtAsync(IReadOnlyList<GrainId> grains, CancellationToken cancel)
    {
        var problems = new List<string>();
        foreach (var grain in grains)
        {
            if (!Keeper.TryServe(grain, out var before))
                problems.Add($"kept: {grain} was not served before it was refused");
            else if (!await Keeper.RefusedAsync(grain, before, cancel).WaitAsync(Patience, cancel))
                problems.Add($"kept: {grain} is the owner's, and was given up when it was refused");
            else if (!Keeper.TryServe(grain, out var after) || after <= before || _loaded[grain] != after)
                problems.Add($"kept: {grain} is served again under {after}, and was loaded under {_loaded[grain]}");
        }

        return problems;
    }

    /// <summary>Goes on under another session, once the first is lost.</summary>
    public async Task ComeBackAsync(HoldfastSession next)
    {
        await _keeping.WaitAsync(Patience);
        _keeping = Keeper.RunAsync(next, _stop.Token);
    }

    public Task LoadAsync(HeldGrain grain, CancellationToken cancel)
    {
        _loaded[grain.Grain] = grain.Epoch;
        return Task.CompletedTask;
    }

    public Task DrainAsync(HeldGrain grain, CancellationToken cancel) => Task.CompletedTask;

    public Task LostAsync(GrainLoss loss, CancellationToken cancel)
    {
        _lost[loss.Grain] = loss.Cause;
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping;
        await Keeper.DisposeAsync();
        await Session.DisposeAsync();
        _stop.Dispose();
    }

    private void Hear(string operation, Token? token, IReadOnlyList<GrainAnswer> answers)
    {
        var isClaim = operation == nameof(IGrainDirectory.ClaimAsync);
        foreach (var answer in answers)
        {
            if (answer is not { Status: DirectoryStatus.Ok, Record: { } record }) continue;

            // Under the token that it had, a holder is told again what it holds.
            var isNew = isClaim && _told.GetValueOrDefault(answer.Grain) != record.Epoch;
            if (isClaim) _told[answer.Grain] = record.Epoch;
            _history.Told(new OwnerTold(
                answer.Grain,
                record.Epoch,
                record.Cluster,
                record.Holder,
                new MemoryPoint(GrainShard.Of(answer.Grain, Installation.Shards), answer.Shard.Gen, answer.Shard.Seq),
                isNew));
        }
    }
}
