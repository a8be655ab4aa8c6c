using System.Security.Cryptography;
using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>What a caller brings beside the arguments of a change.</summary>
/// <param name="At">The time, UTC.</param>
/// <param name="TraceParent">The trace; empty without one.</param>
internal readonly record struct CallContext(DateTime At, string TraceParent);

/// <summary>
/// One shard of the embedded directory: the rules of the scripts in C#, one lock, no waiting. Where this and the
/// scripts differ one of them is wrong; the differential tests look for that.
/// </summary>
internal sealed partial class EmbeddedShard(DirectoryOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<GrainId, GrainRecord> _records = [];

    // Invariant: _owned[c] holds exactly the grains whose record is live and of cluster c, as text in ordinal order.
    private readonly Dictionary<ClusterId, SortedSet<string>> _owned = [];
    private readonly Dictionary<ElectionName, Token> _grants = [];
    private readonly Dictionary<ElectionName, PromotedWindow> _promoted = [];
    private readonly LinkedList<OutboxEntry> _outbox = [];
    private readonly LinkedList<(ulong Seq, Change Change)> _history = [];

    // The memory of the shard is named by _gen; empty: never opened, or forgotten.
    private string _gen = "";
    private ulong _seq;
    private long _outboxBytes;
    private Token _floor;

    // The token of the last opening: the creation's floor, or that of the loss it was opened after.
    private Token _opened;
    private bool _isWindowOpen;

    // The process that the shard was opened on, and the one that it is in now.
    private string _run = "";
    private string _process = NewName();

    // The sequence that _run began with.
    private ulong _since;

    private ShardVersion Version => new(_gen, _seq);

    private bool IsOutboxFull =>
        _outbox.Count >= options.OutboxEntriesPerShard || _outboxBytes >= options.OutboxBytesPerShard;

    public ShardAnswer Open(int shard, Token floor)
    {
        lock (_lock)
        {
            if (_gen.Length == 0) (_gen, _run, _since, _floor, _opened) = (NewName(), _process, _seq, floor, floor);
            return DescribeLocked(shard, DirectoryStatus.Ok);
        }
    }

    public ShardAnswer Describe(int shard)
    {
        lock (_lock)
        {
            return DescribeLocked(shard, UsableLocked(onlyReads: true));
        }
    }

    /// <summary>Puts a record there as if it had always been there, announcing nothing; for tests.</summary>
    public void Plant(GrainRecord record)
    {
        lock (_lock)
        {
            StoreLocked(record);
        }
    }

    /// <summary>
    /// Names a grain in the index of a cluster that it is not of, and no more in its owner's if that one is named; for
    /// tests.
    /// </summary>
    public void Misfile(GrainId grain, ClusterId under, ClusterId? owner)
    {
        lock (_lock)
        {
            OwnLocked(under, grain.ToString());
            if (owner is { } named) DisownLocked(named, grain.ToString());
        }
    }

    public ShardAnswer InstallGrant(int shard, ElectionName election, Token token)
    {
        lock (_lock)
        {
            if (UsableLocked() is not DirectoryStatus.Ok and var unusable)
                return AnswerLocked(shard, unusable, _floor);
            if (token < _floor) return AnswerLocked(shard, DirectoryStatus.BelowFloor, _floor);
            var installed = _grants.GetValueOrDefault(election);
            if (token < installed) return AnswerLocked(shard, DirectoryStatus.GrantSuperseded, installed);
            _grants[election] = token;
            return AnswerLocked(shard, DirectoryStatus.Ok, _floor);
        }
    }

    public IReadOnlyList<GrainAnswer> Lookup(IReadOnlyList<GrainId> grains)
    {
        lock (_lock)
        {
            var unusable = UsableLocked(worksInWindow: true, onlyReads: true);
            return [.. grains.Select(grain =>
            {
                if (unusable != DirectoryStatus.Ok) return AnswerLocked(grain, unusable);
                var record = _records.GetValueOrDefault(grain);
                return AnswerLocked(grain, record is null ? DirectoryStatus.NotFound : DirectoryStatus.Ok, record);
            })];
        }
    }

    public GrainPage List(ClusterId cluster, string? cursor)
    {
        lock (_lock)
        {
            if (UsableLocked(worksInWindow: true, onlyReads: true) is not DirectoryStatus.Ok and var unusable)
                return new GrainPage(unusable, [], null, Version);
            var page = PageLocked(cluster, cursor, options.GrainsPerScan, out var next);
            return new GrainPage(DirectoryStatus.Ok, [.. page.Select(grain => _records[grain])], next, Version);
        }
    }

    private static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>
    /// Why the shard cannot do this now; in the window after a loss only some operations can, and in a process that was
    /// not confirmed only reads.
    /// </summary>
    private DirectoryStatus UsableLocked(bool worksInWindow = false, bool onlyReads = false) =>
        _gen.Length == 0 || (!onlyReads && _run != _process)
        ? DirectoryStatus.ShardLost
        : _isWindowOpen && !worksInWindow ? DirectoryStatus.Reasserting : DirectoryStatus.Ok;

    private ShardAnswer DescribeLocked(int shard, DirectoryStatus status) =>
        AnswerLocked(shard, status, _floor) with { Run = _run, Process = _process, Since = _since };

    private ShardAnswer AnswerLocked(int shard, DirectoryStatus status, Token bound) =>
        new(shard, status, Version, bound);

    private GrainAnswer AnswerLocked(
        GrainId grain, DirectoryStatus status, GrainRecord? record = null, Token bound = default) =>
        new(grain, status, record, bound, Version);

    /// <summary>The grains of a cluster after a cursor, which is the last grain of the page before.</summary>
    private List<GrainId> PageLocked(ClusterId cluster, string? cursor, int grainsMax, out string? next)
    {
        next = null;
        if (!_owned.TryGetValue(cluster, out var owned)) return [];
        IEnumerable<string> rest = cursor is null ? owned : owned.GetViewBetween(cursor, AfterEveryGrain);
        var page = rest.Where(grain => grain != cursor).Take(grainsMax + 1).ToList();
        if (page.Count > grainsMax)
        {
            page.RemoveAt(grainsMax);
            next = page[^1];
        }

        return page.ConvertAll(GrainId.Parse);
    }

    // A type starts with an ASCII character, so no grain's text is above this.
    private const string AfterEveryGrain = "\uffff";

    private void StoreLocked(GrainRecord record)
    {
        var text = record.Grain.ToString();
        if (_records.TryGetValue(record.Grain, out var old) && !old.Tombstone) DisownLocked(old.Cluster, text);
        _records[record.Grain] = record;
        if (!record.Tombstone) OwnLocked(record.Cluster, text);
    }

    private void OwnLocked(ClusterId cluster, string grain)
    {
        if (!_owned.TryGetValue(cluster, out var owned))
            _owned[cluster] = owned = new SortedSet<string>(StringComparer.Ordinal);
        owned.Add(grain);
    }

    // Only who owns something has an index, so that there are no more of them than grains.
    private void DisownLocked(ClusterId cluster, string grain)
    {
        if (!_owned.TryGetValue(cluster, out var owned)) return;
        owned.Remove(grain);
        if (owned.Count == 0) _owned.Remove(cluster);
    }
}
