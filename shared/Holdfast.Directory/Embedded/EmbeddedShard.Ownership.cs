using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>
/// The operations that change who owns what; their twins are claim, register, release and promote.lua.
/// </summary>
internal sealed partial class EmbeddedShard
{
    private readonly record struct Outcome(DirectoryStatus Status, GrainRecord? Record, Token Bound = default);

    public IReadOnlyList<GrainAnswer> Claim(
        IReadOnlyList<GrainClaim> claims, ClusterId cluster, SessionId session, Token token, CallContext context)
    {
        lock (_lock)
        {
            var changes = new ChangeBatch("claim", "", token, cluster, session);
            var isOutboxFull = IsOutboxFull;
            var answers = claims.Select(claim => (
                claim.Grain, ClaimLocked(claim, cluster, session, token, isOutboxFull, changes))).ToList();
            foreach (var change in changes.Changes)
            {
                AnnounceLocked(nameof(Contracts.GrainClaimed), change, context, isRemembered: true);
                if (change.Previous is { } previous && previous != session)
                    AnnounceLocked(nameof(Contracts.GrainDemoted), change, context, isRemembered: false);
            }

            return AnswerAllLocked(answers);
        }
    }

    public GrainAnswer Register(GrainId grain, ClusterId cluster, ulong number, CallContext context)
    {
        lock (_lock)
        {
            var outcome = RegisterLocked(grain, cluster, number, context);
            return AnswerLocked(grain, outcome.Status, outcome.Record);
        }
    }

    public IReadOnlyList<GrainAnswer> Release(
        IReadOnlyList<HeldGrain> grains, SessionId session, CallContext context)
    {
        lock (_lock)
        {
            var changes = new ChangeBatch("release", "", null, null, null);
            var answers = grains
                .Select(held => (held.Grain, ReleaseLocked(held, session, changes)))
                .ToList();
            foreach (var change in changes.Changes)
                AnnounceLocked(nameof(Contracts.GrainReleased), change, context, isRemembered: true);
            return AnswerAllLocked(answers);
        }
    }

    public PromoteAnswer Promote(PromoteCall call, CallContext context)
    {
        lock (_lock)
        {
            if (RefusalLocked(call.Election, call.Token) is { } refusal) return Refuse(refusal.Status, refusal.Bound);
            var pageMax = options.GrainsPerPromotion(call.GrainsMax);
            var all = PageLocked(call.From, call.Cursor, pageMax, out var next).ConvertAll(grain => _records[grain]);
            all.RemoveAll(record => RefileLocked(record, call));
            var page = all.FindAll(record => call.Types?.Admits(record.Grain.Type) ?? true);
            var newer = page.Where(record => record.Epoch.Token >= call.Token).ToList();
            var living = call.LivingSessions.ToHashSet();
            var leased = page.Except(newer).Where(record => IsLeaseAlive(record, living, call.LivingBefore)).ToList();
            var moving = page.Except(newer).Except(leased).ToList();
            if (moving.Count > 0 && IsOutboxFull) return Refuse(DirectoryStatus.OutboxFull, _floor);
            PromoteLocked(call, moving, context);
            return new PromoteAnswer(
                DirectoryStatus.Ok,
                moving.Count,
                newer.Count,
                leased.Count,
                0,
                _owned.TryGetValue(call.From, out var left) ? left.Count : 0,
                next,
                _floor,
                Version)
            {
                Skipped = all.Count - page.Count,
            };

            PromoteAnswer Refuse(DirectoryStatus status, Token bound) =>
                new(status, 0, 0, 0, 0, 0, null, bound, Version);
        }
    }

    /// <summary>
    /// Whether an entry of the index is nobody's or another's: it is taken out, and listed under its owner. What the
    /// heir did by half is done again, but for a lease: who lives there is not known here.
    /// </summary>
    private bool RefileLocked(GrainRecord record, PromoteCall call)
    {
        var isHalfDone = record.Cluster.Value == call.Election.Scope &&
            record is not { Kind: GrainKind.Leased, Holder: not null };
        if (!record.Tombstone && (record.Cluster == call.From || isHalfDone)) return false;
        DisownLocked(call.From, record.Grain.ToString());
        if (!record.Tombstone) OwnLocked(record.Cluster, record.Grain.ToString());
        return true;
    }

    private static bool IsLeaseAlive(GrainRecord record, HashSet<SessionId> living, SessionId? before) =>
        record is { Kind: GrainKind.Leased, Holder: { } holder } &&
        (living.Contains(holder) || (before is { } past && holder.Opened < past.Opened));

    private Outcome ClaimLocked(
        GrainClaim claim,
        ClusterId cluster,
        SessionId session,
        Token token,
        bool isOutboxFull,
        ChangeBatch changes)
    {
        if (UsableLocked() is not DirectoryStatus.Ok and var unusable) return new Outcome(unusable, null);
        if (claim.Grain.IsExternal) return new Outcome(DirectoryStatus.WrongKind, null);
        var record = _records.GetValueOrDefault(claim.Grain);
        if (token < _floor) return new Outcome(DirectoryStatus.BelowFloor, record, _floor);
        if (record is { Tombstone: false })
        {
            if (record.Cluster != cluster) return new Outcome(DirectoryStatus.LostRace, record);
            if (record.Holder == session && record.Epoch.Token == token) return new Outcome(DirectoryStatus.Ok, record);
            var isOpen = record.Holder is null || record.Holder == session || claim.ExpectedEpoch == record.Epoch;
            if (!isOpen) return new Outcome(DirectoryStatus.LostRace, record);
            if (token <= record.Epoch.Token)
                return new Outcome(DirectoryStatus.TokenTooLow, record, record.Epoch.Token);
        }
        else if (record is not null && token < record.Epoch.Token)
        {
            return new Outcome(DirectoryStatus.TokenTooLow, record, record.Epoch.Token);
        }

        if (isOutboxFull) return new Outcome(DirectoryStatus.OutboxFull, record);
        var epoch = record is { Tombstone: true } && record.Epoch.Token == token
            ? record.Epoch.Next()
            : Epoch.First(token);
        var claimed = new GrainRecord(
            claim.Grain, cluster, session, epoch, claim.Kind ?? record?.Kind ?? GrainKind.Fenced, Tombstone: false);
        changes.Add(record, claimed, token);
        StoreLocked(claimed);
        return new Outcome(DirectoryStatus.Ok, claimed);
    }

    private Outcome RegisterLocked(GrainId grain, ClusterId cluster, ulong number, CallContext context)
    {
        if (UsableLocked() is not DirectoryStatus.Ok and var unusable) return new Outcome(unusable, null);
        if (!grain.IsExternal) return new Outcome(DirectoryStatus.WrongKind, null);
        var record = _records.GetValueOrDefault(grain);
        if (record is not null && number <= record.Epoch.Counter)
            return new Outcome(record.Cluster == cluster ? DirectoryStatus.Ok : DirectoryStatus.LostRace, record);
        if (IsOutboxFull) return new Outcome(DirectoryStatus.OutboxFull, record);
        var winner = new GrainRecord(
            grain, cluster, null, new Epoch(Token.None, number), record?.Kind ?? GrainKind.Fenced, Tombstone: false);
        var changes = new ChangeBatch("register", "", Token.None, cluster, null);
        changes.Add(record, winner, Token.None);
        StoreLocked(winner);
        AnnounceLocked(nameof(Contracts.GrainClaimed), changes.Changes.Single(), context, isRemembered: true);
        return new Outcome(DirectoryStatus.Ok, winner);
    }

    private Outcome ReleaseLocked(HeldGrain held, SessionId session, ChangeBatch changes)
    {
        if (UsableLocked(worksInWindow: true) is not DirectoryStatus.Ok and var unusable)
            return new Outcome(unusable, null);
        if (held.Grain.IsExternal) return new Outcome(DirectoryStatus.WrongKind, null);
        var record = _records.GetValueOrDefault(held.Grain);
        if (record is null) return new Outcome(DirectoryStatus.NotFound, null);
        if (record.Epoch != held.Epoch) return new Outcome(DirectoryStatus.NotOwner, record);

        // A tombstone with this epoch: the release was carried out before. Tokens name their holder for ever, so
        // nobody else can have held this epoch.
        if (record.Tombstone) return new Outcome(DirectoryStatus.Ok, record);
        if (record.Holder != session) return new Outcome(DirectoryStatus.NotOwner, record);
        var tombstone = record with { Holder = null, Tombstone = true, Offer = null };
        changes.Add(record, tombstone, record.Epoch.Token);
        StoreLocked(tombstone);
        return new Outcome(DirectoryStatus.Ok, tombstone);
    }

    private void PromoteLocked(PromoteCall call, List<GrainRecord> moving, CallContext context)
    {
        if (moving.Count == 0) return;
        var to = new ClusterId(call.Election.Scope);
        var grains = new List<ChangedGrain>(moving.Count);
        foreach (var record in moving)
        {
            var epoch = record.Grain.IsExternal ? record.Epoch.Next() : Epoch.First(call.Token);
            DisownLocked(call.From, record.Grain.ToString());
            StoreLocked(record with { Cluster = to, Holder = null, Epoch = epoch, Offer = null });
            grains.Add(new ChangedGrain(record.Grain, record.Epoch, epoch, record.Kind, Tombstone: false));
        }

        var change = new Change(
            "promote", context.At, call.Cause, _floor, call.Token, call.From, to, null, null, grains);
        AnnounceLocked(nameof(Contracts.GrainPromoted), change, context, isRemembered: true);
        if (call.KeptFor is not { } keptFor) return;
        var before = _promoted.GetValueOrDefault(call.Election, PromotedWindow.Empty);
        _promoted[call.Election] = before.With(moving.Count, keptFor, context.At);
    }

    private List<GrainAnswer> AnswerAllLocked(List<(GrainId Grain, Outcome Outcome)> outcomes) =>
        outcomes.ConvertAll(one =>
            AnswerLocked(one.Grain, one.Outcome.Status, one.Outcome.Record, one.Outcome.Bound));
}
