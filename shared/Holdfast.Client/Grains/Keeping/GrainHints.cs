using System.Collections.Concurrent;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>A wish that some of what is held is offered to another cluster.</summary>
/// <param name="To">The receiver.</param>
/// <param name="Type">Only this type; null: all.</param>
/// <param name="GrainsMax">So many from all programs of the cluster that are like this one; null: all.</param>
/// <param name="Until">
/// What cannot be offered at once is tried again until then: the receivers, who hear of the wish at the same time, look
/// long enough for what is offered so late.
/// </param>
internal sealed record TransferWish(ClusterId To, string? Type, int? GrainsMax, Instant Until)
{
    /// <summary>What is left to offer of it; null before its first turn.</summary>
    public IReadOnlyCollection<GrainId>? Left { get; init; }

    /// <summary>Whether it is about a grain.</summary>
    public bool IsOf(GrainId grain) => Type is null || grain.Type == Type;

    /// <summary>
    /// What of all that is held and may go there this program offers: of a number its share, rounded up, so that the
    /// last grain is offered whoever has it. What is not served yet is offered once it is, where the rest does not make
    /// up the share.
    /// </summary>
    public IReadOnlyCollection<GrainId> Choose(IReadOnlyCollection<Holding> held, ClusterLook look)
    {
        var own = Of(HoldingState.Serving).Concat(Of(HoldingState.Loading)).Concat(Of(HoldingState.Refused));
        if (GrainsMax is not { } all) return [.. own];
        return [.. own.Take(((all - 1) / look.Places.Count) + 1)];

        IEnumerable<GrainId> Of(HoldingState state) => held
            .Where(holding => holding.State == state && IsOf(holding.Grain))
            .Select(holding => holding.Grain);
    }
}

/// <summary>
/// What the bus, the program and the answers of the directory told, until the keeper comes to it; bounded, since it is
/// only hints: what does not fit is found by listing. What is told ends the keeper's pause.
/// </summary>
internal sealed class GrainHints
{
    /// <summary>Promotions, suspicions and wishes that wait; more are found by listing, or refused.</summary>
    public const int WaitingMax = 4_096;

    /// <summary>
    /// Clusters whose offers are looked for at once, each look being a list of all they own. The offers of others are
    /// withdrawn by who made them.
    /// </summary>
    public const int OfferingMax = 64;

    private readonly ConcurrentQueue<PromotedHint> _promoted = new();
    private readonly ConcurrentQueue<TransferWish> _transfers = new();
    private readonly Lock _gate = new();

    // What wishes left, each grain with the last wish for it. It was held when it was left, so there is no more of it
    // than is held, but for what was lost in the short time since.
    private readonly Dictionary<GrainId, TransferWish> _postponed = [];

    // Invariant: at most OfferingMax.
    private readonly Dictionary<ClusterId, Instant> _offering = [];
    private TaskCompletionSource _nudged = NewSignal();
    private HashSet<GrainId> _suspects = [];
    private volatile bool _isListWanted;
    private volatile bool _isCheckWanted;

    /// <summary>The signal that ends the next pause; what was told before is in the step before it.</summary>
    public TaskCompletionSource TakeSignal()
    {
        lock (_gate)
        {
            if (_nudged.Task.IsCompleted) _nudged = NewSignal();
            return _nudged;
        }
    }

    /// <summary>A signal that nothing told sets.</summary>
    public static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>There is something to do: the pause is over.</summary>
    public void Nudge()
    {
        lock (_gate) _nudged.TrySetResult();
    }

    public void Promoted(PromotedHint hint)
    {
        if (_promoted.Count < WaitingMax) _promoted.Enqueue(hint);
        else _isListWanted = true;
        Nudge();
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

        Nudge();
    }

    /// <summary>False where too many wait.</summary>
    public bool TryTransfer(TransferWish wish)
    {
        if (_transfers.Count >= WaitingMax) return false;
        _transfers.Enqueue(wish);
        Nudge();
        return true;
    }

    /// <summary>Keeps what a wish left for <see cref="ResumeTransfers"/>.</summary>
    public void Postpone(IEnumerable<GrainId> left, TransferWish wish)
    {
        lock (_gate)
        {
            foreach (var grain in left) _postponed[grain] = wish with { Left = null };
        }
    }

    /// <summary>Has what was left take its turn again; whose time is over is given up.</summary>
    /// <returns>What is given up.</returns>
    public IReadOnlyList<TransferWish> ResumeTransfers(Instant now)
    {
        List<TransferWish> wishes;
        lock (_gate)
        {
            if (_postponed.Count == 0) return [];
            wishes =
            [
                .. _postponed.GroupBy(one => one.Value, one => one.Key)
                    .Select(left => left.Key with { Left = [.. left] }),
            ];
            _postponed.Clear();
        }

        foreach (var wish in wishes.Where(wish => wish.Until >= now)) _transfers.Enqueue(wish);
        return [.. wishes.Where(wish => wish.Until < now)];
    }

    /// <summary>
    /// A cluster is asked to offer something, or does: its offers are looked for until then. False where the offers of
    /// too many are looked for.
    /// </summary>
    public bool TryExpect(ClusterId from, Instant until, Instant now)
    {
        lock (_gate)
        {
            ForgetLocked(now);
            if (_offering.Count >= OfferingMax && !_offering.ContainsKey(from)) return false;
            _offering[from] = until;
        }

        Nudge();
        return true;
    }

    /// <summary>Something that was told may have come to nothing.</summary>
    public void WantList() => _isListWanted = true;

    /// <summary>A shard may have lost its memory, or is there again.</summary>
    public void WantCheck()
    {
        _isCheckWanted = true;
        Nudge();
    }

    public bool TakeListWanted() => Interlocked.Exchange(ref _isListWanted, false);

    public bool TakeCheckWanted() => Interlocked.Exchange(ref _isCheckWanted, false);

    public PromotedHint? TryTakePromoted() => _promoted.TryDequeue(out var hint) ? hint : null;

    public bool IsTransferWished => !_transfers.IsEmpty;

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
        lock (_gate)
        {
            ForgetLocked(now);
            return [.. _offering.Keys];
        }
    }

    private void ForgetLocked(Instant now)
    {
        foreach (var (from, until) in _offering.ToList())
        {
            if (until < now) _offering.Remove(from);
        }
    }
}
