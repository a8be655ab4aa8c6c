using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>What a keeper does under one session, step by step, from its opening to its loss.</summary>
internal sealed class GrainKeeping
{
    private readonly GrainKeeperOptions _options;
    private readonly ConsensusClient _consensus;
    private readonly KeptGrains _kept;
    private readonly GrainHints _hints;
    private readonly GrainTypeRules _rules;
    private readonly GrainTelling _telling;
    private readonly GrainListing _listing;
    private readonly ShardCalls _calls;
    private readonly DirectoryLossReports _losses;
    private readonly ILogger _logger;
    private Task _offering = Task.CompletedTask;
    private ClusterLook? _look;
    private Instant _checkAt;
    private Instant _listAt;
    private Instant _offersAt;

    public GrainKeeping(
        ShardCalls calls,
        ConsensusClient consensus,
        KeeperState state,
        GrainKeeperOptions options,
        ILogger logger)
    {
        (_calls, _consensus, _options, _logger) = (calls, consensus, options, logger);
        (_kept, _hints) = (state.Kept, state.Hints);
        _rules = new GrainTypeRules(consensus, options.Types, logger);
        Claiming = new GrainClaiming(calls, state, _rules, options, logger);
        Transfers = new GrainTransfers(calls, _kept, Claiming, options, logger);
        _telling = new GrainTelling(calls, _kept, state.Memories, logger);
        _listing = new GrainListing(calls, _kept, Claiming, _telling, options);
        _losses = new DirectoryLossReports(calls.Directory, consensus, logger);
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
    /// <param name="clock">The time of the pauses and patiences.</param>
    /// <param name="random">Spreads the looks of many processes.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task StepAsync(Func<Instant> clock, Random random, CancellationToken cancel)
    {
        var now = clock();
        if (_hints.TakeCheckWanted() || now >= _checkAt)
        {
            _look = null;
            await CheckAsync(cancel);
            _checkAt = now + Jittered(_options.CheckInterval, random);
            GiveUp(_hints.ResumeTransfers(clock()));
        }

        // What needs only the directory comes first: without Consensus the rest fails.
        if (_hints.TakeSuspects() is { Count: > 0 } suspects) await Claiming.LookAsync(suspects, cancel);
        await Transfers.ReviewAsync(now, cancel);
        var isListDue = _hints.TakeListWanted() || now >= _listAt;
        if (isListDue) await _rules.RefreshAsync(cancel);
        if (_kept.Read(book => book.IsInDoubt)) await Claiming.ClaimAgainAsync(await KnownLookAsync(cancel), cancel);
        await FollowAsync(clock, cancel);
        if (!isListDue) return;
        await _listing.ListAsync(await KnownLookAsync(cancel), cancel);
        _listAt = now + Jittered(_options.ListInterval, random);
        HasListed = true;
    }

    /// <summary>Processes that began in the same moment shall not call in the same moment for ever.</summary>
    private static TimeSpan Jittered(TimeSpan interval, Random random) =>
        interval * (0.75 + (random.NextDouble() / 2));

    /// <summary>Looks at the shards; what was wanted is wanted still where that fails.</summary>
    private async Task CheckAsync(CancellationToken cancel)
    {
        try
        {
            await _telling.CheckAsync(cancel);
        }
        catch
        {
            _hints.WantCheck();
            throw;
        }

        _losses.BeginReport(cancel, _calls.IsSilent);
    }

    /// <summary>Who is there, asked once for each check, and only where it matters.</summary>
    private async Task<ClusterLook> KnownLookAsync(CancellationToken cancel) => _look ??= await LookAsync(cancel);

    private async Task FollowAsync(Func<Instant> clock, CancellationToken cancel)
    {
        while (_hints.TryTakePromoted() is { } promoted)
            await Claiming.ClaimPromotedAsync(promoted, await KnownLookAsync(cancel), cancel);
        await AcceptAsync(clock, cancel);

        // A drain takes as long as the program needs, and a lost directory is to be told meanwhile. The look comes
        // first: a wish that was accepted is not lost where Consensus does not answer.
        if (!_offering.IsCompleted || !_hints.IsTransferWished) return;
        var look = await KnownLookAsync(cancel);
        await _rules.RefreshAsync(cancel);
        if (_hints.TryTakeTransfer() is { } transfer) _offering = OfferAsync(transfer, look, clock, cancel);
    }

    private async Task AcceptAsync(Func<Instant> clock, CancellationToken cancel)
    {
        var now = clock();
        if (now < _offersAt || _hints.Offering(now) is not { Count: > 0 } offering) return;
        var look = await KnownLookAsync(cancel);
        _offersAt = now + _options.CheckInterval;
        foreach (var from in offering.Where(from => look.Clusters.Contains(from.Value)))
        {
            // Who offers a lot offers it a little at a time: while something comes there may be more.
            if (await Transfers.AcceptAsync(from, look, cancel) == 0) continue;
            _offersAt = clock();
            _hints.TryExpect(from, clock() + (_options.DrainDeadline + _options.OfferPatience), clock());
        }
    }

    private async Task OfferAsync(
        TransferWish wish, ClusterLook look, Func<Instant> clock, CancellationToken cancel)
    {
        var chosen = Choose(wish, look);
        try
        {
            var (_, left) = await Transfers.OfferAsync(chosen, wish.To, clock, cancel);

            // Where the session is over something may not have been tried.
            cancel.ThrowIfCancellationRequested();
            Postpone(wish, left);
        }
        catch (Exception failure)
        {
            // What may have been offered is withdrawn in time, and what was not is kept or lost as the directory says.
            Telemetry.GrainCallFailed("offer", failure);
            Log.KeeperStepFailed(_logger, failure.Message);
            Postpone(wish, chosen);
        }
    }

    /// <summary>What is offered for a wish: nothing that may not live with the receiver.</summary>
    private IReadOnlyCollection<GrainId> Choose(TransferWish wish, ClusterLook look)
    {
        if (wish.Left is { } left) return [.. left.Where(grain => _rules.MayLiveIn(grain.Type, wish.To))];
        var wished = _kept.Read(book => book.All.Where(held => wish.IsOf(held.Grain)).ToList());
        List<Holding> allowed = [.. wished.Where(held => _rules.MayLiveIn(held.Grain.Type, wish.To))];
        if (allowed.Count < wished.Count)
            Log.OffersNotAllowed(_logger, wished.Count - allowed.Count, wish.To.Value);
        return wish.Choose(allowed, look);
    }

    /// <summary>
    /// A wish that was accepted stands for a while, also under the next session: what hinders it may be over soon.
    /// </summary>
    private void Postpone(TransferWish wish, IReadOnlyCollection<GrainId> left)
    {
        var kept = left.Where(IsKept).ToList();
        if (kept.Count == 0) return;
        Log.OffersPostponed(_logger, kept.Count, wish.To.Value);
        _hints.Postpone(kept, wish);

        bool IsKept(GrainId grain) =>
            _kept.Read(book => book.Find(grain)) is { State: not HoldingState.Offered };
    }

    private void GiveUp(IReadOnlyList<TransferWish> late)
    {
        foreach (var wish in late) Log.OffersGivenUp(_logger, wish.Left!.Count, wish.To.Value, _options.DrainDeadline);
    }
}
