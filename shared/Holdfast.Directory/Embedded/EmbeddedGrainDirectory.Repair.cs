using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>Transfers, and what follows a loss of memory.</summary>
public sealed partial class EmbeddedGrainDirectory
{
    private protected override Task<IReadOnlyList<GrainAnswer>> OfferPartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CancellationToken cancel) =>
        Answer(() => _shards[shard].Offer(grains, session, to, Now), cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> AcceptPartAsync(
        int shard,
        IReadOnlyList<GrainId> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        Answer(() => _shards[shard].Accept(grains, cluster, session, token, Now), cancel);

    private protected override Task<ShardAnswer> ReopenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        Answer(() => _shards[shard].Reopen(shard, floor), cancel);

    private protected override Task<ShardAnswer> ConfirmAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel) =>
        Answer(() => _shards[shard].Confirm(shard, token, known.Gen, known.Seq), cancel);

    private protected override Task<ShardAnswer> CloseWindowPartAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel) =>
        Answer(() => _shards[shard].CloseWindow(shard, token, opened), cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ReassertPartAsync(
        int shard,
        IReadOnlyList<HeldGrain> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        Answer(() => _shards[shard].Reassert(grains, cluster, session, token, Now), cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ImportPartAsync(
        int shard,
        IReadOnlyList<GrainRecord> records,
        ElectionName election,
        Token token,
        CancellationToken cancel) =>
        Answer(() => _shards[shard].Import(records, token, Now), cancel);

    private protected override Task<ShardAnswer> RaiseAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        Answer(() => _shards[shard].RaiseFloor(shard, election, token, floor), cancel);

    private protected override Task<EraseAnswer> EraseAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel) =>
        Answer(() => _shards[shard].Erase(election, token, DemandCursor(cursor)), cancel);

    private protected override Task<GrainPage> ScanPartAsync(
        int shard, string? cursor, CancellationToken cancel) =>
        Answer(() => _shards[shard].Scan(DemandCursor(cursor)), cancel);

    private protected override Task<CountAnswer> CountPartAsync(
        int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel) =>
        Answer(() => _shards[shard].Count(clusters, Now.At), cancel);
}
