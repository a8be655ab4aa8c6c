using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>How far a grain is that this program holds.</summary>
internal enum HoldingState
{
    /// <summary>Held under an epoch for which the program has not loaded the state yet.</summary>
    Loading,

    /// <summary>Loaded under its epoch: the program serves it.</summary>
    Serving,

    /// <summary>A resource refused its epoch: it is claimed again or lost before anything is served.</summary>
    Refused,

    /// <summary>The program finishes what is under way, so that it can be offered.</summary>
    Draining,

    /// <summary>Offered, or perhaps offered; nobody serves it until it is accepted or withdrawn.</summary>
    Offered,
}

/// <summary>A grain that this program holds.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Epoch">Under which epoch.</param>
/// <param name="Kind">How ownership ends.</param>
/// <param name="Session">The session that claimed it.</param>
/// <param name="Gen">The memory of the shard that the claim is recorded in.</param>
/// <param name="State">How far it is.</param>
/// <param name="Loaded">The epoch under which the program loaded it last.</param>
/// <param name="To">The cluster that it is drained or offered for.</param>
/// <param name="OfferedAt">Since when it is offered.</param>
internal sealed record Holding(
    GrainId Grain,
    Epoch Epoch,
    GrainKind Kind,
    SessionId Session,
    string Gen,
    HoldingState State,
    Epoch Loaded,
    ClusterId? To = null,
    Instant OfferedAt = default)
{
    public HeldGrain Held => new(Grain, Epoch, Kind);
}

/// <summary>What follows from a change of what is held.</summary>
internal abstract record HoldingAct(GrainId Grain)
{
    public sealed record Load(HeldGrain Held) : HoldingAct(Held.Grain);

    public sealed record Tell(GrainLoss Loss) : HoldingAct(Loss.Grain);

    /// <summary>Nothing for the program: it is served again as it was, and who waits for that is told.</summary>
    public sealed record Resume(GrainId Grain) : HoldingAct(Grain);
}

/// <summary>
/// What this program holds and may serve: no clock, no threads, no network. Two rules matter. What is served was loaded
/// under the epoch that it is held under, so a new epoch is loaded before it is served. And a leased grain is served
/// only while the lease of the session that claimed it holds, while a fenced one goes on until a resource or the
/// directory says otherwise, also under another session than the one that claimed it.
/// </summary>
internal sealed class HoldingBook
{
    private readonly Dictionary<GrainId, Holding> _holdings = [];

    // Invariant: every grain of it is held. To be claimed again, whatever its state.
    private readonly HashSet<GrainId> _doubted = [];

    // Invariant: exactly the holdings that are Offered.
    private readonly HashSet<GrainId> _offered = [];

    // Invariant: empty while no claim is under way. Epochs that were lost since the first of those began.
    private readonly Dictionary<GrainId, Epoch> _lost = [];
    private Token _lostUpTo;
    private int _claims;

    /// <summary>How many grains are held.</summary>
    public int Count => _holdings.Count;

    /// <summary>Everything that is held.</summary>
    public IReadOnlyCollection<Holding> All => _holdings.Values;

    /// <summary>Whether anything is to be claimed again.</summary>
    public bool IsInDoubt => _doubted.Count > 0;

    /// <summary>What is to be claimed again.</summary>
    public IReadOnlyList<Holding> Doubted => [.. _doubted.Select(grain => _holdings[grain])];

    /// <summary>What waits to be accepted.</summary>
    public IReadOnlyList<Holding> Offered => [.. _offered.Select(grain => _holdings[grain])];

    /// <summary>What is held of a grain; null for nothing.</summary>
    public Holding? Find(GrainId grain) => _holdings.GetValueOrDefault(grain);

    /// <summary>Whether a grain may be served now.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="leased">The session whose lease holds now; null for none.</param>
    /// <param name="epoch">The epoch to send along.</param>
    public bool TryServe(GrainId grain, SessionId? leased, out Epoch epoch)
    {
        epoch = Epoch.None;
        if (Find(grain) is not { State: HoldingState.Serving } holding) return false;
        if (holding.Kind == GrainKind.Leased && holding.Session != leased) return false;
        epoch = holding.Epoch;
        return true;
    }

    /// <summary>
    /// Claims begin, whose answers may be older than what is lost meanwhile. An epoch that was lost is not taken back:
    /// another may have the grain since, also where the directory forgot it.
    /// </summary>
    /// <returns>The token to exceed: a claim under it could be answered with an epoch that was lost.</returns>
    public Token BeginClaims()
    {
        _claims++;
        return _lostUpTo;
    }

    /// <summary>All answers of those claims were taken.</summary>
    public void EndClaims()
    {
        if (--_claims == 0) _lost.Clear();
    }

    /// <summary>
    /// A memory of the directory says that a session of this program holds a grain under the record's epoch.
    /// </summary>
    public IReadOnlyList<HoldingAct> Claimed(GrainRecord record, SessionId session, string gen)
    {
        var held = Find(record.Grain);
        if (held is not null && record.Epoch < held.Epoch) return [];
        if (held is null && record.Epoch <= _lost.GetValueOrDefault(record.Grain)) return [];
        if (held is not null && record.Epoch == held.Epoch)
        {
            // The very epoch that was refused: only a newer one helps.
            if (held.State != HoldingState.Refused) _doubted.Remove(record.Grain);
            _holdings[record.Grain] = held with { Session = session, Gen = gen };
            return [];
        }

        _doubted.Remove(record.Grain);

        // What is drained was saved and is not served; whoever serves it next loads it.
        var isDrained = held is { State: HoldingState.Draining };
        Put(new Holding(
            record.Grain,
            record.Epoch,
            record.Kind,
            session,
            gen,
            isDrained ? HoldingState.Draining : HoldingState.Loading,
            held?.Loaded ?? Epoch.None,
            isDrained ? held!.To : null));
        return isDrained ? [] : [new HoldingAct.Load(new HeldGrain(record.Grain, record.Epoch, record.Kind))];
    }

    /// <summary>The program has loaded it. False where it is lost or under another epoch by now.</summary>
    public bool Loaded(GrainId grain, Epoch epoch)
    {
        if (Find(grain) is not { State: HoldingState.Loading } holding || holding.Epoch != epoch) return false;
        Put(holding with { State = HoldingState.Serving, Loaded = epoch });
        return true;
    }

    /// <summary>A resource refused a write under an epoch. False where the grain is held under a newer one.</summary>
    public bool Refused(GrainId grain, Epoch epoch)
    {
        if (Find(grain) is not { } holding || holding.Epoch > epoch) return false;
        Put(holding with { State = HoldingState.Refused, To = null });
        _doubted.Add(grain);
        return true;
    }

    /// <summary>
    /// It is not certain that the grain is still held: the directory lost its memory, or the session that claimed it is
    /// over. It is claimed again, and a fenced one is served meanwhile under the epoch it had.
    /// </summary>
    public void Doubt(GrainId grain)
    {
        if (_holdings.ContainsKey(grain)) _doubted.Add(grain);
    }

    /// <summary>It is another's, or nobody's. Nothing happens where it is held under a newer epoch by now.</summary>
    public IReadOnlyList<HoldingAct> Lost(GrainId grain, Epoch upTo, GrainLossCause cause, GrainRecord? record)
    {
        if (Find(grain) is not { } holding || holding.Epoch > upTo) return [];
        _holdings.Remove(grain);
        _doubted.Remove(grain);
        _offered.Remove(grain);
        if (_claims > 0) _lost[grain] = holding.Epoch;
        if (holding.Epoch.Token > _lostUpTo) _lostUpTo = holding.Epoch.Token;
        return [new HoldingAct.Tell(new GrainLoss(grain, holding.Epoch, cause, record))];
    }

    /// <summary>
    /// Stops serving a grain so that it can be offered, or released. Null where it is not served.
    /// </summary>
    public Holding? Drain(GrainId grain, ClusterId? to)
    {
        if (Find(grain) is not { State: HoldingState.Serving } holding) return null;
        Put(holding with { State = HoldingState.Draining, To = to });
        return Find(grain);
    }

    /// <summary>
    /// An offer is sent, which may be carried out from now on. Null where the grain is not drained any more.
    /// </summary>
    public Holding? Offer(GrainId grain, Instant now)
    {
        if (Find(grain) is not { State: HoldingState.Draining } holding || _doubted.Contains(grain)) return null;
        Put(holding with { State = HoldingState.Offered, OfferedAt = now });
        return Find(grain);
    }

    /// <summary>
    /// A release is to be sent. Null where the grain is not drained any more, or in doubt.
    /// </summary>
    public Holding? Release(GrainId grain) =>
        Find(grain) is { State: HoldingState.Draining } holding && !_doubted.Contains(grain) ? holding : null;

    /// <summary>
    /// A release was sent that may still be carried out: the grain is served only under a newer epoch, which is claimed
    /// where it has none yet.
    /// </summary>
    public IReadOnlyList<HoldingAct> Unreleased(GrainId grain, Epoch epoch) =>
        Refused(grain, epoch) ? [] : KeepDrained(grain);

    /// <summary>
    /// It was not offered, or the offer is withdrawn: it is served again, and loaded before where its epoch changed.
    /// </summary>
    public IReadOnlyList<HoldingAct> Keep(GrainId grain, Epoch epoch)
    {
        if (Find(grain) is not { State: HoldingState.Draining or HoldingState.Offered } holding) return [];
        if (holding.Epoch != epoch) return [];
        var isLoaded = holding.Loaded == epoch;
        Put(holding with { State = isLoaded ? HoldingState.Serving : HoldingState.Loading, To = null });
        return [isLoaded ? new HoldingAct.Resume(grain) : new HoldingAct.Load(holding.Held)];
    }

    /// <summary>
    /// What was drained is not offered: it is kept, under whatever epoch it has by now. Nothing where none is drained.
    /// </summary>
    public IReadOnlyList<HoldingAct> KeepDrained(GrainId grain) =>
        Find(grain) is { State: HoldingState.Draining } holding ? Keep(grain, holding.Epoch) : [];

    private void Put(Holding holding)
    {
        _holdings[holding.Grain] = holding;
        if (holding.State == HoldingState.Offered) _offered.Add(holding.Grain);
        else _offered.Remove(holding.Grain);
    }
}
