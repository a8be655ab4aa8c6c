using System.Diagnostics;
using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>A promotion to the own cluster that an event told.</summary>
/// <param name="Grains">The grains.</param>
/// <param name="At">When it was done, UTC.</param>
/// <param name="Cause">The trace that it continues.</param>
internal sealed record PromotedHint(IReadOnlyList<GrainId> Grains, DateTime At, ActivityContext Cause);

/// <summary>
/// Claims for one session: what was promoted to the cluster, what nobody living holds, and again what is doubted. The
/// directory decides each time, and what it says goes into the book.
/// </summary>
internal sealed class GrainClaiming(
    ShardCalls calls, KeeperState state, GrainTypeRules rules, GrainKeeperOptions options, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly KeptGrains _kept = state.Kept;
    private int _reserved;
    private bool _isFull;

    private HoldfastSession Session => calls.Session;

    /// <summary>Claims grains that are no other's, as far as there is room, and answers for each asked.</summary>
    /// <param name="claims">What to claim.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="insists">Asks also shards that did not answer lately.</param>
    /// <param name="own">What the session has on record, by a claim without an answer: it takes no room.</param>
    public async Task<IReadOnlyList<ClaimResult>> ClaimAsync(
        IReadOnlyCollection<GrainClaim> claims,
        CancellationToken cancel,
        bool insists = false,
        IReadOnlySet<GrainId>? own = null)
    {
        await rules.EnsureAsync(cancel);
        var results = new List<ClaimResult>();
        List<GrainClaim> known =
        [
            .. claims
                .Select(claim => claim with { Kind = rules.KindOf(claim.Grain.Type) })
                .Where(claim => claim.Kind is not null),
        ];
        var taken = known.Where(claim => TakesNoRoom(claim.Grain)).ToHashSet();
        await WithinRoomAsync(known, taken, those => calls.ClaimAsync(those, Learn, insists, cancel), cancel);
        return results;

        bool TakesNoRoom(GrainId grain) =>
            own?.Contains(grain) == true || _kept.Read(book => book.Find(grain)) is not null;

        void Learn(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var answer in answers) Take(answer);
            lock (results)
                results.AddRange(answers.Select(one => new ClaimResult(one.Grain, StatusOf(one), one.Record)));
        }

        // It may be lost again by now.
        DirectoryStatus StatusOf(GrainAnswer answer) =>
            answer.Status == DirectoryStatus.Ok && _kept.Read(book => book.Find(answer.Grain)) is null
                ? DirectoryStatus.LostRace
                : answer.Status;
    }

    /// <summary>
    /// Claims or accepts as many as there is room for. The room is kept until that is done, so that calls at the same
    /// time do not take it twice.
    /// </summary>
    /// <param name="wanted">What is wanted.</param>
    /// <param name="free">What of it takes no room.</param>
    /// <param name="take">Claims or accepts.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task WithinRoomAsync<T>(
        IReadOnlyCollection<T> wanted,
        IReadOnlySet<T> free,
        Func<IEnumerable<T>, Task> take,
        CancellationToken cancel)
    {
        var room = Reserve(wanted.Count - free.Count);
        try
        {
            var taken = free.Concat(wanted.Where(one => !free.Contains(one)).Take(room)).ToList();
            if (taken.Count > 0) await BeyondLostAsync(() => take(taken), cancel);
        }
        finally
        {
            lock (_gate) _reserved -= room;
        }
    }

    /// <summary>
    /// As much room as there is of what is wanted. That some is left out is said once, until there is room.
    /// </summary>
    private int Reserve(int wanted)
    {
        if (wanted == 0) return 0;
        lock (_gate)
        {
            var room = Math.Clamp(options.GrainsMax - _kept.Count - _reserved, 0, wanted);
            _reserved += room;
            var wasFull = _isFull;
            _isFull = room < wanted;
            if (!_isFull) return room;
            Telemetry.GrainsLeftOut.Add(wanted - room);
            if (!wasFull) Log.GrainsLeftOut(logger, wanted - room, options.GrainsMax);
            return room;
        }
    }

    /// <summary>Claims under a token that no epoch has which was lost, so that none of those comes back.</summary>
    private async Task BeyondLostAsync(Func<Task> claim, CancellationToken cancel)
    {
        var lost = _kept.Read(book => book.BeginClaims());
        try
        {
            await Session.AdvanceBeyondAsync(lost, cancel);
            await claim();
        }
        finally
        {
            _kept.Change(book => book.EndClaims());
        }
    }

    /// <summary>
    /// Claims what an event told, as far as it is this program's, within the trace of the promotion. What it holds it
    /// found by listing before, or looks up by itself: to claim it here as well would only give it another epoch, and
    /// have it loaded again.
    /// </summary>
    public async Task ClaimPromotedAsync(PromotedHint hint, ClusterLook look, CancellationToken cancel)
    {
        List<GrainClaim> mine =
        [
            .. hint.Grains
                .Where(grain => look.IsOwn(grain) && _kept.Read(book => book.Find(grain)) is null)
                .Select(grain => new GrainClaim(grain)),
        ];
        if (mine.Count == 0) return;
        using var activity = Telemetry.StartTakeOver(hint.Cause, mine.Count);
        var results = await ClaimAsync(mine, cancel);
        var claimed = results.Count(result => result.IsHeld);
        activity?.SetTag("holdfast.claimed", claimed);
        Telemetry.GrainsTakenOver(claimed, DateTime.UtcNow - hint.At);
    }

    /// <summary>
    /// Claims again what is doubted, under a newer token, where the record is still the own one or nobody's.
    /// </summary>
    /// <param name="look">Who has ended.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task ClaimAgainAsync(ClusterLook look, CancellationToken cancel)
    {
        var doubted = _kept.Read(book => book.Doubted).ToDictionary(holding => holding.Grain);
        if (doubted.Count == 0) return;
        var claims = new List<GrainClaim>();
        await calls.LookupAsync(doubted.Keys, Judge, cancel);
        if (claims.Count == 0) return;

        // A claim under the token of the held epoch is answered with that epoch: only a newer one makes a new epoch.
        await Session.AdvanceBeyondAsync(claims.Max(claim => doubted[claim.Grain].Epoch.Token), cancel);
        await BeyondLostAsync(
            () => calls.ClaimAsync(claims, answers => answers.ToList().ForEach(Take), insists: false, cancel), cancel);

        void Judge(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var answer in answers)
            {
                var held = doubted[answer.Grain];
                if (StandingOf(held, answer) is not { } standing) continue;
                if (ClaimFor(held, answer, standing, look) is not { } claim) continue;
                lock (claims) claims.Add(claim);
            }
        }
    }

    /// <summary>Looks whether grains are still held; what is another's is lost, what is doubtful is doubted.</summary>
    /// <returns>Whether the directory answered for each.</returns>
    public async Task<bool> LookAsync(IReadOnlyCollection<GrainId> grains, CancellationToken cancel)
    {
        var held = grains
            .Select(grain => _kept.Read(book => book.Find(grain)))
            .OfType<Holding>()
            .ToDictionary(holding => holding.Grain);
        if (held.Count == 0) return true;
        var answered = 0;
        await calls.LookupAsync(held.Keys, answers =>
        {
            foreach (var answer in answers) Learn(held[answer.Grain], answer);
            Interlocked.Add(ref answered, answers.Count(IsAnswered));
        }, cancel);
        return answered == held.Count;

        static bool IsAnswered(GrainAnswer answer) => answer.Status is DirectoryStatus.Ok or DirectoryStatus.NotFound;
    }

    /// <summary>What an answer about a grain that is held means for it.</summary>
    public void Learn(Holding held, GrainAnswer answer)
    {
        switch (StandingOf(held, answer))
        {
            case Standing.Claimable:
                _kept.Doubt([held.Grain]);
                break;
            case Standing.Lost lost:
                _kept.Change(book => book.Lost(held.Grain, held.Epoch, lost.Cause, answer.Record));
                break;
        }
    }

    /// <summary>
    /// Has the shards looked at where an answer is news of a loss. That one which is known to have lost its memory says
    /// so again is none, or the keeper would look without a pause until the window is closed.
    /// </summary>
    public void Note(GrainAnswer answer)
    {
        var isLoss = answer.Status is DirectoryStatus.Reasserting or DirectoryStatus.ShardLost;
        if (isLoss && state.Memories.IsSound(ShardOf(answer.Grain))) state.Hints.WantCheck();
    }

    /// <summary>Takes the answer of a claim, or of an acceptance.</summary>
    public void Take(GrainAnswer answer)
    {
        Note(answer);
        Telemetry.GrainClaimed(answer.Status);
        if (answer is { Status: DirectoryStatus.Ok, Record: { } record })
            _kept.Change(book => book.Claimed(record, Session.Id, answer.Shard.Gen));
        else if (answer.Status == DirectoryStatus.LostRace && _kept.Read(book => book.Find(answer.Grain)) is { } held)
            Learn(held, answer);
    }

    private GrainClaim? ClaimFor(Holding held, GrainAnswer answer, Standing standing, ClusterLook look)
    {
        switch (standing)
        {
            case Standing.Own:
                return new GrainClaim(held.Grain, Kind: rules.KindOf(held.Grain.Type) ?? held.Kind);
            case Standing.Claimable { Earlier: { } earlier }
                when answer.Record is { Kind: GrainKind.Leased } && !look.HasEnded(earlier):
                return null;
            case Standing.Claimable claimable:
                return new GrainClaim(held.Grain, claimable.Expected, rules.KindOf(held.Grain.Type) ?? held.Kind);
            case Standing.Lost lost:
                _kept.Change(book => book.Lost(held.Grain, held.Epoch, lost.Cause, answer.Record));
                return null;
            default:
                return null;
        }
    }

    /// <summary>Null where the shard's memory is not the one that is known: then nothing is concluded yet.</summary>
    private Standing? StandingOf(Holding held, GrainAnswer answer)
    {
        var shard = ShardOf(held.Grain);
        if (!state.Memories.IsSound(shard)) return null;
        if (state.Memories.GenOf(shard) != answer.Shard.Gen)
        {
            state.Hints.WantCheck();
            return null;
        }

        if (answer.Status is not (DirectoryStatus.Ok or DirectoryStatus.NotFound or DirectoryStatus.LostRace
            or DirectoryStatus.NotOwner))
        {
            return null;
        }

        return Standing.Of(
            held, answer.Record, Session.Cluster, Session.Id, isRepaired: held.Gen != answer.Shard.Gen);
    }

    private int ShardOf(GrainId grain) => GrainShard.Of(grain, calls.Directory.Shards);
}
