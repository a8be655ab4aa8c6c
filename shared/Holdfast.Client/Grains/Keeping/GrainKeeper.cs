using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Client;

/// <summary>
/// Keeps grains for a program: claims what is promoted to its cluster and what nobody living holds, has the program
/// load each before it is served, and learns what is another's by now. It works with the bus gone; hints only make it
/// look at once. What a resource refused it claims again, or gives up; a directory that lost its memory it tells what
/// it holds. Thread-safe.
/// </summary>
/// <remarks>
/// What it holds outlives a session: <see cref="RunAsync"/> with the next one claims it again. Meanwhile a fenced grain
/// is served under the epoch it had, since only a resource can know better, and a leased one is not, from the end of
/// the lease on. Which program of the cluster claims a grain is settled by rendezvous over the nodes of live sessions
/// with the same name.
/// </remarks>
public sealed partial class GrainKeeper : IAsyncDisposable
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    private readonly ConsensusClient _consensus;
    private readonly IGrainDirectory _directory;
    private readonly GrainKeeperOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly KeptGrains _kept;
    private readonly KeeperState _state;
    private readonly GrainHints _hints = new();
    private readonly HashSet<string> _types;
    private readonly IDisposable _gauge;
    private volatile GrainKeeping? _keeping;
    private int _running;

    /// <summary>Does nothing before <see cref="RunAsync"/>.</summary>
    /// <param name="consensus">Outlives the keeper.</param>
    /// <param name="directory">Outlives the keeper.</param>
    /// <param name="program">Loads, drains and forgets grains.</param>
    /// <param name="options">Which types it keeps, and its bounds.</param>
    /// <param name="logger">Absent: nothing is logged.</param>
    /// <param name="time">The clock of the pauses; absent: the system's. Leases have the session's.</param>
    /// <exception cref="ArgumentException">The options have a problem; the message lists all.</exception>
    public GrainKeeper(
        ConsensusClient consensus,
        IGrainDirectory directory,
        IGrainProgram program,
        GrainKeeperOptions options,
        ILogger<GrainKeeper>? logger = null,
        TimeProvider? time = null)
        : this(
            consensus,
            directory,
            program,
            options,
            logger ?? NullLogger<GrainKeeper>.Instance,
            new TimeAndChance(time ?? TimeProvider.System, Random.Shared))
    {
    }

    internal GrainKeeper(
        ConsensusClient consensus,
        IGrainDirectory directory,
        IGrainProgram program,
        GrainKeeperOptions options,
        ILogger logger,
        TimeAndChance chance)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        (_consensus, _directory, _options, _logger) = (consensus, directory, options, logger);
        (_time, _random) = (chance.Time, chance.Random);
        _kept = new KeptGrains(program, options, _logger, _time, _random);
        _state = new KeeperState(_kept, new ShardMemories(directory.Shards), _hints);
        _types = [.. options.Types];
        _gauge = Telemetry.Holds(() => _kept.Count);
    }

    /// <summary>The session that it claims under now; null while it has none.</summary>
    public HoldfastSession? Session => _keeping?.Session;

    /// <summary>
    /// Whether it has a session, and has looked under it for what its cluster owns, on all shards that answered then;
    /// the others are listed as soon as they answer.
    /// </summary>
    public bool IsReady => _keeping is { HasListed: true };

    /// <summary>What it holds, with the epochs, served or not.</summary>
    public IReadOnlyDictionary<GrainId, Epoch> Held =>
        _kept.Read(book => book.All.ToDictionary(holding => holding.Grain, holding => holding.Epoch));

    /// <summary>
    /// Whether the program serves a grain now: it holds it, has loaded it, and, where the grain is leased, the lease of
    /// its session holds. Ask before each piece of work, and send the epoch along with each write.
    /// </summary>
    /// <param name="grain">The grain.</param>
    /// <param name="epoch">The epoch to send along.</param>
    public bool TryServe(GrainId grain, out Epoch epoch)
    {
        var session = Session;
        var leased = session is not null && session.IsAlive() ? session.Id : (SessionId?)null;
        return _kept.TryServe(grain, leased, out epoch);
    }

    /// <summary>
    /// Claims grains at once, for instance new ones, and has what is won loaded. What another owns is left to it.
    /// </summary>
    /// <param name="grains">Grains of the keeper's types.</param>
    /// <param name="cancel">Gives up waiting; what is claimed by then stays held.</param>
    /// <returns>
    /// An answer for each grain; <see cref="ClaimResult.IsHeld"/> means that it is served by now. One that was lost
    /// before it could be served is <see cref="DirectoryStatus.LostRace"/>, with the record of the claim. Grains of a
    /// shard that did not answer, and those beyond <see cref="GrainKeeperOptions.GrainsMax"/>, have none: claim them
    /// again.
    /// </returns>
    /// <exception cref="InvalidOperationException">There is no session now.</exception>
    /// <exception cref="SessionLostException">The session is lost.</exception>
    /// <exception cref="ConsensusUnavailableException">A newer token was wanted, and nobody answered.</exception>
    public async Task<IReadOnlyList<ClaimResult>> ClaimAsync(
        IReadOnlyCollection<GrainId> grains, CancellationToken cancel)
    {
        DemandTypes(grains);
        var claims = grains.Distinct().Select(grain => new GrainClaim(grain)).ToList();
        var results = await Demand().Claiming.ClaimAsync(claims, cancel, insists: true);
        var settled = new List<ClaimResult>(results.Count);
        foreach (var result in results)
        {
            var isLost = result.IsHeld && !await _kept.WhenSettledAsync(result.Grain).WaitAsync(cancel);
            settled.Add(isLost ? result with { Status = DirectoryStatus.LostRace } : result);
        }

        return settled;
    }

    /// <summary>
    /// A resource refused a write of this program under an epoch: somebody has a higher one. Nothing of the grain is
    /// served from here on; it is claimed again under a newer token where its record is still the own one, and loaded
    /// anew, or it is lost.
    /// </summary>
    /// <param name="grain">The grain.</param>
    /// <param name="epoch">The epoch that was refused.</param>
    /// <param name="cancel">Gives up waiting; what was begun goes on.</param>
    /// <returns>
    /// True once it is served again, under a newer epoch; false once it is not held. Cancelled where the keeper is
    /// disposed of before.
    /// </returns>
    public Task<bool> RefusedAsync(GrainId grain, Epoch epoch, CancellationToken cancel)
    {
        if (_kept.Read(book => book.Refused(grain, epoch)))
        {
            Telemetry.GrainsRefused.Add(1);
            _hints.Nudge();
        }

        return _kept.WhenSettledAsync(grain).WaitAsync(cancel);
    }

    /// <summary>
    /// Keeps grains under a session until it is lost, or <paramref name="cancel"/>. What is held stays held; call again
    /// with the next session. Not twice at once.
    /// </summary>
    /// <param name="session">
    /// Of the program's cluster. Its name is what the programs of a cluster that share grains have in common, and no
    /// others: rendezvous gives each grain to one of them.
    /// </param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ArgumentException">
    /// The session has no name: then all programs without one would count as one, and what falls to another program
    /// that does not keep the type would be nobody's for good.
    /// </exception>
    public async Task RunAsync(HoldfastSession session, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (string.IsNullOrWhiteSpace(session.Name))
        {
            throw new ArgumentException(
                $"Session {session.Id} has no name; wanted: one that the programs which keep these grains share.",
                nameof(session));
        }

        if (Interlocked.Exchange(ref _running, 1) == 1)
            throw new InvalidOperationException("This keeper runs under another session already.");
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel, session.Lost);
            var silent = new SilentShards(_directory, ReturnedShard, _time, _random, over.Token);
            var calls = new ShardCalls(_directory, session, silent, _options.CallsAtOnceMax, _time, _logger);
            var keeping = new GrainKeeping(calls, _consensus, _state, _options, _logger);
            _kept.Doubt(_kept.Read(book => book.All
                .Where(holding => holding.Session != session.Id)
                .Select(holding => holding.Grain)
                .ToList()));
            _keeping = keeping;
            await KeepAsync(keeping, over.Token);
        }
        finally
        {
            _keeping = null;
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>Ends the program's calls that are under way. The session is the caller's.</summary>
    public async ValueTask DisposeAsync()
    {
        _gauge.Dispose();
        await _kept.DisposeAsync();
    }

    /// <summary>What was told of a shard while it did not answer came to nothing, and is found by listing.</summary>
    private void ReturnedShard()
    {
        _hints.WantList();
        _hints.WantCheck();
    }

    /// <summary>A failed step is told and tried again: a loop that ended here would serve what is another's.</summary>
    private async Task KeepAsync(GrainKeeping keeping, CancellationToken over)
    {
        var (failures, pauses) = (0, new Backoff(PauseMin, PauseMax, _random));
        while (!over.IsCancellationRequested)
        {
            var nudged = _hints.TakeSignal();
            try
            {
                await keeping.StepAsync(Now, _random, over);
                failures = 0;
            }
            catch (Exception) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // A hint that was taken and came to nothing is found by listing.
                failures++;
                _hints.WantList();
                Telemetry.GrainCallFailed("step", failure);
                Log.KeeperStepFailed(_logger, failure.Message);
            }

            // After a failure nothing shortens the pause: a crowd of hints would be a storm of calls.
            var isWell = failures == 0;
            await PauseAsync(
                isWell ? nudged : GrainHints.NewSignal(),
                isWell ? _options.CheckInterval : pauses.After(failures),
                over);
        }
    }

    private async Task PauseAsync(TaskCompletionSource ended, TimeSpan pause, CancellationToken over)
    {
        await using var timer = _time.CreateTimer(_ => ended.TrySetResult(), null, pause, Timeout.InfiniteTimeSpan);
        await using var end = over.Register(() => ended.TrySetResult());
        await ended.Task;
    }

    private Instant Now() => new(_time.GetElapsedTime(0).Ticks);

    private GrainKeeping Demand() =>
        _keeping ?? throw new InvalidOperationException("The keeper has no session now.");

    private void DemandTypes(IEnumerable<GrainId> grains)
    {
        foreach (var grain in grains)
        {
            if (!_types.Contains(grain.Type))
                throw new ArgumentException($"'{grain}' is of no type in {GrainKeeperOptions.Section}:Types.");
        }
    }
}
