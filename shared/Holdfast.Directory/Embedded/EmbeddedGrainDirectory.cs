using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>
/// The grain directory in this process' memory, gone with it: for Standalone, tests and programs of one process.
/// Passes the same contract suite as the others.
/// </summary>
public sealed partial class EmbeddedGrainDirectory : ShardedGrainDirectory
{
    private readonly EmbeddedShard[] _shards;
    private readonly TimeProvider _time;

    /// <summary>An empty directory; its shards must be opened before they answer.</summary>
    /// <param name="options">Its shards and bounds.</param>
    /// <param name="time">The clock of the changes; null: the system's.</param>
    public EmbeddedGrainDirectory(DirectoryOptions options, TimeProvider? time = null)
        : base(options.Shards, new CallTrace("embedded"))
    {
        _shards = [.. Enumerable.Range(0, options.Shards).Select(_ => new EmbeddedShard(options))];
        _time = time ?? TimeProvider.System;
    }

    // Whole milliseconds, as the text of a change keeps them.
    private CallContext Now => new(
        DateTimeOffset.FromUnixTimeMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds()).UtcDateTime,
        TraceParent.Current);

    /// <summary>Makes a shard lose all its memory, as a Redis without persistence does when it is restarted.</summary>
    public void Forget(int shard) => _shards[shard].Forget();

    /// <summary>What a shard knows now, to roll back to later.</summary>
    public ShardMemory Remember(int shard) => _shards[shard].Remember();

    /// <summary>Makes a shard know what it knew then, as a Redis that was started on an old file.</summary>
    public void RollBack(int shard, ShardMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        _shards[shard].RollBack(memory);
    }

    /// <summary>Makes a shard the work of another process that knows what the one before knew.</summary>
    public void Restart(int shard) => _shards[shard].Restart();

    /// <summary>Puts a record there without announcing it; for tests that begin with one.</summary>
    internal void Plant(GrainRecord record) => _shards[ShardOf(record.Grain)].Plant(record);

    internal void Misfile(GrainId grain, ClusterId under, ClusterId? owner) =>
        _shards[ShardOf(grain)].Misfile(grain, under, owner);

    private protected override Task<ShardAnswer> OpenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        Answer(() => _shards[shard].Open(shard, floor), cancel);

    private protected override Task<ShardAnswer> DescribeAsync(int shard, CancellationToken cancel) =>
        Answer(() => _shards[shard].Describe(shard), cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> LookupPartAsync(
        int shard, IReadOnlyList<GrainId> grains, CancellationToken cancel) =>
        Answer(() => _shards[shard].Lookup(grains), cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ClaimPartAsync(
        int shard,
        IReadOnlyList<GrainClaim> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        Answer(() => _shards[shard].Claim(grains, cluster, session, token, Now), cancel);

    private protected override Task<GrainAnswer> RegisterOneAsync(
        int shard, GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel) =>
        Answer(() => _shards[shard].Register(grain, cluster, number, Now), cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ReleasePartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel) =>
        Answer(() => _shards[shard].Release(grains, session, Now), cancel);

    private protected override Task<GrainPage> ListAsync(
        int shard, ClusterId cluster, string? cursor, CancellationToken cancel) =>
        Answer(() => _shards[shard].List(cluster, DemandCursor(cursor)), cancel);

    private protected override Task<ShardAnswer> InstallAsync(
        int shard, ElectionName election, Token token, CancellationToken cancel) =>
        Answer(() => _shards[shard].InstallGrant(shard, election, token), cancel);

    private protected override Task<PromoteAnswer> PromotePartAsync(PromoteCall call, CancellationToken cancel) =>
        Answer(() => _shards[call.Shard].Promote(call with { Cursor = DemandCursor(call.Cursor) }, Now), cancel);

    private protected override Task<PutSlotsAnswer> PutSlotsPartAsync(
        int shard, PutSlotsCall call, CancellationToken cancel) =>
        Answer(() => _shards[shard].PutSlots(call, Now), cancel);

    private protected override Task<SlotPage> SlotsPartAsync(
        int shard, GroupId group, int first, CancellationToken cancel) =>
        Answer(() => _shards[shard].Slots(group, first), cancel);

    private protected override Task<OutboxPage> ReadAsync(
        int shard, ulong after, int entriesMax, CancellationToken cancel) =>
        Answer(() => _shards[shard].ReadOutbox(after, entriesMax), cancel);

    private protected override Task<ShardAnswer> TrimAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel) =>
        Answer(() => _shards[shard].TrimOutbox(shard, election, token, upTo), cancel);

    private protected override Task<HistoryAnswer> HistoryOfAsync(
        int shard, GrainId grain, int entriesMax, CancellationToken cancel) =>
        Answer(() => _shards[shard].History(grain, entriesMax), cancel);

    /// <summary>A cursor is the last grain of the page before.</summary>
    private static string? DemandCursor(string? cursor) => cursor is null || GrainId.TryParse(cursor, out _)
        ? cursor
        : throw new ArgumentException($"'{cursor}' is not a cursor of this directory.", nameof(cursor));

    private static Task<T> Answer<T>(Func<T> call, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return Task.FromResult(call());
    }
}

