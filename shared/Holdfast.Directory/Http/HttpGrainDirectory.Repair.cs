using Holdfast.Primitives;

namespace Holdfast.Directory.Http;

/// <summary>Transfers, and what follows a loss of memory.</summary>
public sealed partial class HttpGrainDirectory
{
    private protected override Task<IReadOnlyList<GrainAnswer>> OfferPartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CancellationToken cancel) =>
        CallOnGrainsAsync(
            DirectoryRoutes.Offer,
            new OfferRequest(grains, session, to),
            [.. grains.Select(held => held.Grain)],
            cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> AcceptPartAsync(
        int shard,
        IReadOnlyList<GrainId> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        CallOnGrainsAsync(
            DirectoryRoutes.Accept, new AcceptRequest(grains, cluster, session, token), grains, cancel);

    private protected override Task<ShardAnswer> ReopenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        CallOnShardAsync(DirectoryRoutes.Reopen, new OpenShardRequest(shard, election, token, floor), shard, cancel);

    private protected override Task<ShardAnswer> ConfirmAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel) =>
        CallOnShardAsync(
            DirectoryRoutes.Confirm, new ConfirmShardRequest(shard, election, token, known), shard, cancel);

    private protected override Task<ShardAnswer> CloseWindowPartAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel) =>
        CallOnShardAsync(
            DirectoryRoutes.CloseWindow, new CloseWindowRequest(shard, election, token, opened), shard, cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ReassertPartAsync(
        int shard,
        IReadOnlyList<HeldGrain> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        CallOnGrainsAsync(
            DirectoryRoutes.Reassert,
            new ReassertRequest(grains, cluster, session, token),
            [.. grains.Select(held => held.Grain)],
            cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ImportPartAsync(
        int shard,
        IReadOnlyList<GrainRecord> records,
        ElectionName election,
        Token token,
        CancellationToken cancel) =>
        CallOnGrainsAsync(
            DirectoryRoutes.Import,
            new ImportRequest(records, election, token),
            [.. records.Select(record => record.Grain)],
            cancel);

    private protected override Task<ShardAnswer> RaiseAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        CallOnShardAsync(
            DirectoryRoutes.RaiseFloor, new RaiseFloorRequest(shard, election, token, floor), shard, cancel);

    private protected override Task<EraseAnswer> EraseAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.Erase,
            new EraseRequest(shard, election, token, cursor),
            status => new EraseAnswer(status, 0, null, default, Unknown),
            cancel);

    private protected override Task<GrainPage> ScanPartAsync(
        int shard, string? cursor, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.Scan,
            new ScanRequest(shard, cursor),
            status => new GrainPage(status, [], null, Unknown),
            cancel);

    private protected override async Task<CountAnswer> CountPartAsync(
        int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel)
    {
        var answer = await _http.CallAsync(
            DirectoryRoutes.Count,
            new CountRequest(shard, clusters),
            status => new CountAnswer(status, [], Unknown),
            cancel);
        return answer.Status != DirectoryStatus.Ok || answer.Counts.Count == clusters.Count
            ? answer
            : throw new DirectoryUnavailableException(
                $"{DirectoryRoutes.Count} was answered for other clusters than asked.");
    }

    private Task<ShardAnswer> CallOnShardAsync<TRequest>(
        string operation, TRequest request, int shard, CancellationToken cancel) =>
        _http.CallAsync(operation, request, status => Refuse(shard, status), cancel);
}
