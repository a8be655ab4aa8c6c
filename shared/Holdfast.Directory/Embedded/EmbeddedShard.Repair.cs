using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>
/// What makes a shard whole again after it lost its memory, and what keeps it small; the twins are open, confirm,
/// close_window, reassert, import, raise_floor and erase.lua.
/// </summary>
internal sealed partial class EmbeddedShard
{
    public ShardAnswer Reopen(int shard, Token floor)
    {
        lock (_lock)
        {
            if (floor < _opened) return AnswerLocked(shard, DirectoryStatus.BelowFloor, _opened);
            if (floor == _opened) return DescribeLocked(shard, DirectoryStatus.Ok);
            (_gen, _run, _since, _opened, _isWindowOpen) = (NewName(), _process, _seq, floor, true);
            if (floor > _floor) _floor = floor;
            return DescribeLocked(shard, DirectoryStatus.Ok);
        }
    }

    public ShardAnswer Confirm(int shard, Token token, string gen, ulong seq)
    {
        lock (_lock)
        {
            if (UsableLocked(worksInWindow: true, onlyReads: true) is not DirectoryStatus.Ok and var unusable)
                return DescribeLocked(shard, unusable);
            if (token < _floor) return DescribeLocked(shard, DirectoryStatus.BelowFloor);
            if (gen != _gen || _seq < seq) return DescribeLocked(shard, DirectoryStatus.ShardLost);
            if (_run != _process) (_run, _since) = (_process, _seq);
            return DescribeLocked(shard, DirectoryStatus.Ok);
        }
    }

    public ShardAnswer CloseWindow(int shard, Token token, Token opened)
    {
        lock (_lock)
        {
            if (UsableLocked(worksInWindow: true) is not DirectoryStatus.Ok and var unusable)
                return AnswerLocked(shard, unusable, _floor);
            if (token < _floor) return AnswerLocked(shard, DirectoryStatus.BelowFloor, _floor);

            // Each loss has a window of its own: a late word about one says nothing of the next.
            if (opened < _opened) return AnswerLocked(shard, DirectoryStatus.BelowFloor, _opened);
            if (opened > _opened) return AnswerLocked(shard, DirectoryStatus.ShardLost, _floor);
            if (_isWindowOpen) (_isWindowOpen, _seq) = (false, _seq + 1);
            return AnswerLocked(shard, DirectoryStatus.Ok, _floor);
        }
    }

    public IReadOnlyList<GrainAnswer> Reassert(
        IReadOnlyList<HeldGrain> grains, ClusterId cluster, SessionId session, Token token, CallContext context)
    {
        lock (_lock)
        {
            var changes = new ChangeBatch("reassert", "", token, cluster, session);
            var answers = grains
                .Select(held => (held.Grain, ReassertLocked(held, cluster, session, token, changes)))
                .ToList();
            foreach (var change in changes.Changes) TellDemotedLocked(change, session, context);
            return AnswerAllLocked(answers);
        }
    }

    public IReadOnlyList<GrainAnswer> Import(IReadOnlyList<GrainRecord> records, Token token, CallContext context)
    {
        lock (_lock)
        {
            var answers = records
                .Select(imported => (imported.Grain, ImportLocked(imported, token, context)))
                .ToList();
            return AnswerAllLocked(answers);
        }
    }

    public ShardAnswer RaiseFloor(int shard, ElectionName election, Token token, Token floor)
    {
        lock (_lock)
        {
            if (RefusalLocked(election, token) is { } refusal)
                return AnswerLocked(shard, refusal.Status, refusal.Bound);
            if (floor > _floor) (_floor, _seq) = (floor, _seq + 1);
            return AnswerLocked(shard, DirectoryStatus.Ok, _floor);
        }
    }

    public EraseAnswer Erase(ElectionName election, Token token, string? cursor)
    {
        lock (_lock)
        {
            if (RefusalLocked(election, token) is { } refusal)
                return new EraseAnswer(refusal.Status, 0, null, refusal.Bound, Version);
            var page = ScanLocked(cursor, out var next);

            // Whoever claims it next needs a token that is not below the floor, and so above the one forgotten here.
            var erased = page.FindAll(record => record.Tombstone && record.Epoch.Token < _floor);
            foreach (var record in erased) _records.Remove(record.Grain);
            if (erased.Count > 0) _seq++;
            return new EraseAnswer(DirectoryStatus.Ok, erased.Count, next, _floor, Version);
        }
    }

    public GrainPage Scan(string? cursor)
    {
        lock (_lock)
        {
            if (UsableLocked(worksInWindow: true, onlyReads: true) is not DirectoryStatus.Ok and var unusable)
                return new GrainPage(unusable, [], null, Version);
            var page = ScanLocked(cursor, out var next);
            return new GrainPage(DirectoryStatus.Ok, page, next, Version);
        }
    }

    public CountAnswer Count(IReadOnlyList<ClusterId> clusters, DateTime now)
    {
        lock (_lock)
        {
            if (UsableLocked(worksInWindow: true, onlyReads: true) is not DirectoryStatus.Ok and var unusable)
                return new CountAnswer(unusable, [], Version);
            return new CountAnswer(
                DirectoryStatus.Ok,
                [.. clusters.Select(cluster => (long)(_owned.GetValueOrDefault(cluster)?.Count ?? 0))],
                Version)
            {
                Others =
                [
                    .. _owned.Where(owner => owner.Value.Count > 0 && !clusters.Contains(owner.Key))
                        .Take(DirectoryLimits.ClustersPerCallMax)
                        .Select(owner => new OwnedGrains(owner.Key, owner.Value.Count)),
                ],
                Promoted =
                [
                    .. _promoted.Values.SelectMany(window => window.Parts)
                        .Select(part => PromotedGrains.Of(part.Last, part.Grains, now)),
                ],
            };
        }
    }

    private (DirectoryStatus Status, Token Bound)? RefusalLocked(ElectionName election, Token token)
    {
        if (UsableLocked() is not DirectoryStatus.Ok and var unusable) return (unusable, _floor);
        if (token < _floor) return (DirectoryStatus.BelowFloor, _floor);
        var installed = _grants.GetValueOrDefault(election);
        return installed == token ? null : (DirectoryStatus.GrantSuperseded, installed);
    }

    private Outcome ReassertLocked(
        HeldGrain held, ClusterId cluster, SessionId session, Token token, ChangeBatch changes)
    {
        if (UsableLocked(worksInWindow: true) is not DirectoryStatus.Ok and var unusable)
            return new Outcome(unusable, null);
        if (held.Grain.IsExternal) return new Outcome(DirectoryStatus.WrongKind, null);
        var record = _records.GetValueOrDefault(held.Grain);
        if (token < _floor) return new Outcome(DirectoryStatus.BelowFloor, record, _floor);
        var isHeld = record is { Tombstone: false } && record.Epoch == held.Epoch && record.Holder == session &&
            record.Cluster == cluster;

        // In another memory a mark may be one that was withdrawn since.
        if (isHeld && _isWindowOpen && record!.Offer is not null) record = UnmarkLocked(record);
        if (isHeld) return new Outcome(DirectoryStatus.Ok, record);
        if (!_isWindowOpen)
            return new Outcome(record is null ? DirectoryStatus.NotFound : DirectoryStatus.NotOwner, record);
        if (record is not null && held.Epoch <= record.Epoch) return new Outcome(DirectoryStatus.LostRace, record);
        var restored = new GrainRecord(
            held.Grain, cluster, session, held.Epoch, held.Kind ?? record?.Kind ?? GrainKind.Fenced, Tombstone: false);
        changes.Add(record, restored, token);
        StoreLocked(restored);
        return new Outcome(DirectoryStatus.Ok, restored);
    }

    private GrainRecord UnmarkLocked(GrainRecord record)
    {
        var unmarked = record with { Offer = null };
        StoreLocked(unmarked);
        _seq++;
        return unmarked;
    }

    private Outcome ImportLocked(GrainRecord imported, Token token, CallContext context)
    {
        if (UsableLocked(worksInWindow: true) is not DirectoryStatus.Ok and var unusable)
            return new Outcome(unusable, null);
        if (!_isWindowOpen) return new Outcome(DirectoryStatus.NotReasserting, null);
        var record = _records.GetValueOrDefault(imported.Grain);
        if (token < _floor) return new Outcome(DirectoryStatus.BelowFloor, record, _floor);
        if (imported.Epoch.Token > token)
            return new Outcome(DirectoryStatus.TokenTooLow, record, imported.Epoch.Token);
        var stored = imported with { Offer = null };
        if (record is not null && stored.Epoch <= record.Epoch)
        {
            var isSame = (record with { Offer = null }) == stored;
            return new Outcome(isSame ? DirectoryStatus.Ok : DirectoryStatus.LostRace, record);
        }

        var changes = new ChangeBatch("import", "", token, stored.Cluster, stored.Holder);
        changes.Add(record, stored, token);
        StoreLocked(stored);
        TellDemotedLocked(changes.Changes.Single(), stored.Holder, context);
        return new Outcome(DirectoryStatus.Ok, stored);
    }

    /// <summary>Only a holder that lost is told; that somebody is still the owner is no change.</summary>
    private void TellDemotedLocked(Change change, SessionId? holder, CallContext context)
    {
        if (change.Previous is { } previous && previous != holder)
            AnnounceLocked(nameof(Contracts.GrainDemoted), change, context, isRemembered: true);
        else NoteLocked(change, context);
    }

    /// <summary>All records after a cursor, which is the last grain of the page before.</summary>
    private List<GrainRecord> ScanLocked(string? cursor, out string? next)
    {
        var page = _records.Values
            .Select(record => (Text: record.Grain.ToString(), Record: record))
            .Where(one => cursor is null || string.CompareOrdinal(one.Text, cursor) > 0)
            .OrderBy(one => one.Text, StringComparer.Ordinal)
            .Take(options.GrainsPerScan + 1)
            .ToList();
        var hasMore = page.Count > options.GrainsPerScan;
        if (hasMore) page.RemoveAt(options.GrainsPerScan);
        next = hasMore ? page[^1].Text : null;
        return page.ConvertAll(one => one.Record);
    }
}
