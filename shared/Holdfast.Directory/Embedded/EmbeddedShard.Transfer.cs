using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>Giving a grain to another cluster; the twins are offer.lua and accept.lua.</summary>
internal sealed partial class EmbeddedShard
{
    public IReadOnlyList<GrainAnswer> Offer(
        IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CallContext context)
    {
        lock (_lock)
        {
            var changes = to is { } cluster
                ? new ChangeBatch("offer", cluster.Value, null, null, session)
                : new ChangeBatch("withdraw", "", null, null, session);
            var answers = grains
                .Select(held => (held.Grain, OfferLocked(held, session, to, changes)))
                .ToList();
            foreach (var change in changes.Changes) NoteLocked(change, context);
            return AnswerAllLocked(answers);
        }
    }

    public IReadOnlyList<GrainAnswer> Accept(
        IReadOnlyList<GrainId> grains, ClusterId cluster, SessionId session, Token token, CallContext context)
    {
        lock (_lock)
        {
            var changes = new ChangeBatch("transfer", "", token, cluster, session);
            var isOutboxFull = IsOutboxFull;
            var answers = grains
                .Select(grain => (grain, AcceptLocked(grain, cluster, session, token, isOutboxFull, changes)))
                .ToList();
            foreach (var change in changes.Changes)
                AnnounceLocked(nameof(Contracts.GrainTransferred), change, context, isRemembered: true);
            return AnswerAllLocked(answers);
        }
    }

    private Outcome OfferLocked(HeldGrain held, SessionId session, ClusterId? to, ChangeBatch changes)
    {
        if (UsableLocked() is not DirectoryStatus.Ok and var unusable) return new Outcome(unusable, null);
        if (held.Grain.IsExternal) return new Outcome(DirectoryStatus.WrongKind, null);
        var record = _records.GetValueOrDefault(held.Grain);
        if (record is null) return new Outcome(DirectoryStatus.NotFound, null);
        if (record.Tombstone || record.Epoch != held.Epoch || record.Holder != session)
            return new Outcome(DirectoryStatus.NotOwner, record);
        var offer = new GrainOffer(to);
        if (record.Offer == offer) return new Outcome(DirectoryStatus.Ok, record);

        // Withdrawn for good: an offer that comes after it under the same epoch was sent before it, for all we know.
        if (record.Offer is { To: null }) return new Outcome(DirectoryStatus.LostRace, record);
        var marked = record with { Offer = offer };
        changes.Add(record, marked, record.Epoch.Token);
        StoreLocked(marked);
        return new Outcome(DirectoryStatus.Ok, marked);
    }

    private Outcome AcceptLocked(
        GrainId grain, ClusterId cluster, SessionId session, Token token, bool isOutboxFull, ChangeBatch changes)
    {
        if (UsableLocked() is not DirectoryStatus.Ok and var unusable) return new Outcome(unusable, null);
        if (grain.IsExternal) return new Outcome(DirectoryStatus.WrongKind, null);
        var record = _records.GetValueOrDefault(grain);
        if (token < _floor) return new Outcome(DirectoryStatus.BelowFloor, record, _floor);
        if (record is null) return new Outcome(DirectoryStatus.NotFound, null);
        if (!record.Tombstone && record.Cluster == cluster && record.Holder == session && record.Epoch.Token == token)
            return new Outcome(DirectoryStatus.Ok, record);
        if (record.Tombstone || record.Offer?.To != cluster) return new Outcome(DirectoryStatus.LostRace, record);
        if (token <= record.Epoch.Token) return new Outcome(DirectoryStatus.TokenTooLow, record, record.Epoch.Token);
        if (isOutboxFull) return new Outcome(DirectoryStatus.OutboxFull, record);
        var accepted = record with
        {
            Cluster = cluster,
            Holder = session,
            Epoch = Epoch.First(token),
            Offer = null,
        };
        changes.Add(record, accepted, token);
        StoreLocked(accepted);
        return new Outcome(DirectoryStatus.Ok, accepted);
    }
}
