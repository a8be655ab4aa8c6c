using System.Collections.Concurrent;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>What a keeper does under one session, step by step, from its opening to its loss.</summary>
internal sealed class GrainKeeping
{
    private readonly GrainKeeperOptions _options;
    private readonly ConsensusClient _consensus;
    private readonly KeptGrains _kept;
    private readonly GrainKinds _kinds;
    private readonly GrainTelling _telling;
    private readonly GrainListing _listing;
    private readonly ShardCalls _calls;
    private readonly ILogger _logger;
    private Task _offering = Task.CompletedTask;
    private ClusterLook? _look;
    private Instant _checkAt;
    private Instant _listAt;
    private Instant _offersAt;

    public GrainKeeping(
        ShardCalls calls,
        ConsensusClient consensus,
        KeptGrains kept,
        ShardMemories memories,
        GrainKeeperOptions options,
        ILogger logger)
    {
        (_calls, _consensus, _kept, _options, _logger) = (calls, consensus, kept, options, logger);
        _kinds = new GrainKinds(consensus, options.Types, logger);
        Claiming = new GrainClaiming(calls, kept, memories, _kinds, options);
        Transfers = new GrainTransfers(calls, kept, Claiming, options, logger);
        _telling = new GrainTelling(calls, kept, memories, logger);
        _listing = new GrainListing(calls, kept, Claiming, _telling, options);
    }

    public HoldfastSession Session => _calls.Session;

    public GrainClaiming Claiming { get; }

    public GrainTransfers Transfers { get; }

    /// <summary>Whether it has listed what the cluster owns at least once.</summary>
    public bool HasListed { get; private set; }

    /// <summary>Who is there, asked now.</summary>
    public async Task<ClusterLook> LookAsync(CancellationToken cancel) =>
        new(await _consensus.SnapshotAsync(cancel), Session);

    /// <summary>
    /// Whatever is due: first what may be lost and what is offered, then what is in doubt, then what was told, then
    /// what is looked for.
    /// </summary>
    /// <param name="hints">What was told.</param>
    /// <param name="clock">The time of the pauses and patiences.</param>
    /// <param name="random">Spreads the looks of many processes.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task StepAsync(GrainHints hints, Func<Instant> clock, Random random, CancellationToken cancel)
    {
        var now = clock();
        if (now >= _checkAt || Claiming.TakeCheckWanted())
        {
            _look = null;
            await _telling.CheckAsync(cancel);
            _checkAt = now + Jittered(_options.CheckInterval, random);
        }

        // What needs only the directory comes first: without Consensus the rest fails.
        if (hints.TakeSuspects() is { Count: > 0 } suspects) await Claiming.LookAsync(suspects, cancel);
        await Transfers.ReviewAsync(now, cancel);
        var isListDue = now >= _listAt || hints.TakeListWanted();
        if (isListDue) await _kinds.RefreshAsync(cancel);
        if (_kept.Read(book => book.IsInDoubt)) await Claiming.ClaimAgainAsync(await KnownLookAsync(cancel), cancel);
        await FollowAsync(hints, clock, cancel);
        if (!isListDue) return;
        await _listing.ListAsync(await KnownLookAsync(cancel), cancel);
        _listAt = now + Jittered(_options.ListInterval, random);
        HasListed = true;
    }

    /// <summary>Processes that began in the same moment shall not call in the same moment for ever.</summary>
    private static TimeSpan Jittered(TimeSpan interval, Random random) =>
        interval * (0.75 + (random.NextDouble() / 2));

    /// <summary>Who is there, asked once for each check, and only where it matters.</summary>
    private async Task<ClusterLook> KnownLookAsync(CancellationToken cancel) => _look ??= await LookAsync(cancel);

    private async Task FollowAsync(GrainHints hints, Func<Instant> clock, CancellationToken cancel)
    {
        while (hints.TryTakePromoted() is { } promoted)
            await Claiming.ClaimPromotedAsync(promoted, await KnownLookAsync(cancel), cancel);
        var now = clock();
        if (now >= _offersAt && hints.Offering(now) is { Count: > 0 } offering)
        {
            foreach (var from in offering) await Transfers.AcceptAsync(from, await KnownLookAsync(cancel), cancel);
            _offersAt = now + _options.CheckInterval;
        }

        // A drain takes as long as the program needs, and a lost directory is to be told meanwhile.
        if (_offering.IsCompleted && hints.TryTakeTransfer() is { } transfer)
            _offering = OfferAsync(transfer, await KnownLookAsync(cancel), clock, cancel);
    }

    private async Task OfferAsync(
        TransferWish wish, ClusterLook look, Func<Instant> clock, CancellationToken cancel)
    {
        try
        {
            await Transfers.OfferAsync(
                _kept.Read(book => wish.Choose(book.All, look)), wish.To, clock, cancel);
        }
        catch (Exception failure)
        {
            // What may have been offered is withdrawn in time, and what was not is kept or lost as the directory says.
            Telemetry.GrainCallFailed("offer", failure);
            Log.KeeperStepFailed(_logger, failure.Message);
        }
    }
}

/// <summary>A wish that some of what is held is offered to another cluster.</summary>
/// <param name="To">The receiver.</param>
/// <param name="Type">Only this type; null: all.</param>
/// <param name="GrainsMax">So many from all programs of the cluster that are like this one; null: all.</param>
internal sealed record TransferWish(ClusterId To, string? Type, int? GrainsMax)
{
    /// <summary>
    /// What of all that is held this program offers: of a number its share, rounded up, so that the last grain is
    /// offered whoever has it.
    /// </summary>
    public IReadOnlyList<GrainId> Choose(IEnumerable<Holding> held, ClusterLook look)
    {
        var own = held
            .Where(holding => holding.State == HoldingState.Serving && (Type is null || holding.Grain.Type == Type))
            .Select(holding => holding.Grain);
        if (GrainsMax is not { } all) return [.. own];
        return [.. own.Take(((all - 1) / look.Places.Count) + 1)];
    }
}

/// <summary>
/// What the bus and the program told, until the keeper comes to it; bounded, since it is only hints: what does not fit
/// is found by listing.
/// </summary>
internal sealed class GrainHints
{
    /// <summary>Promotions and suspicions that wait; more are found by listing.</summary>
    public const int WaitingMax = 4_096;

    private readonly ConcurrentQueue<PromotedHint> _promoted = new();
    private readonly ConcurrentQueue<TransferWish> _transfers = new();
    private readonly ConcurrentDictionary<ClusterId, Instant> _offering = new();
    private readonly Lock _gate = new();
    private HashSet<GrainId> _suspects = [];
    private volatile bool _isListWanted;

    public void Promoted(PromotedHint hint)
    {
        if (_promoted.Count < WaitingMax) _promoted.Enqueue(hint);
        else _isListWanted = true;
    }

    public void Suspect(IEnumerable<GrainId> grains)
    {
        lock (_gate)
        {
            foreach (var grain in grains)
            {
                if (_suspects.Count < WaitingMax) _suspects.Add(grain);
                else _isListWanted = true;
            }
        }
    }

    /// <summary>False where too many wait.</summary>
    public bool TryTransfer(TransferWish wish)
    {
        if (_transfers.Count >= WaitingMax) return false;
        _transfers.Enqueue(wish);
        return true;
    }

    /// <summary>A cluster is asked to offer something: its offers are looked for until then.</summary>
    public void Offers(ClusterId from, Instant until) => _offering[from] = until;

    /// <summary>Something that was told may have come to nothing.</summary>
    public void WantList() => _isListWanted = true;

    public bool TakeListWanted() => Interlocked.Exchange(ref _isListWanted, false);

    public PromotedHint? TryTakePromoted() => _promoted.TryDequeue(out var hint) ? hint : null;

    public TransferWish? TryTakeTransfer() => _transfers.TryDequeue(out var wish) ? wish : null;

    public IReadOnlyCollection<GrainId> TakeSuspects()
    {
        lock (_gate)
        {
            var taken = _suspects;
            _suspects = [];
            return taken;
        }
    }

    public IReadOnlyList<ClusterId> Offering(Instant now)
    {
        foreach (var (from, until) in _offering)
        {
            if (until < now) _offering.TryRemove(new KeyValuePair<ClusterId, Instant>(from, until));
        }

        return [.. _offering.Keys];
    }
}
