using Holdfast.Primitives;

namespace Holdfast.Directory.Http;

/// <summary>
/// The grain directory of another process: each operation is one <c>POST /v1/directory/{operation}</c>. Calls on many
/// grains are split by their number only; the other end splits by shard.
/// </summary>
public sealed partial class HttpGrainDirectory : ShardedGrainDirectory, IDisposable
{
    private static readonly ShardVersion Unknown = new("", 0);

    private readonly DirectoryHttpClient _http;

    /// <summary>Sends nothing before the first call.</summary>
    /// <param name="options">Address, deadline, token file and the number of shards.</param>
    /// <param name="handler">The way to the other process; null: TCP. Owned by the caller.</param>
    /// <param name="time">The clock of the deadline; null: the system's.</param>
    public HttpGrainDirectory(DirectoryOptions options, HttpMessageHandler? handler = null, TimeProvider? time = null)
        : base(options.Shards, new CallTrace("http", options.Address?.Host, options.Address?.Port)) =>
        _http = new DirectoryHttpClient(options, handler, time ?? TimeProvider.System);

    public void Dispose() => _http.Dispose();

    private protected override int ShardOf(GrainId grain) => 0;

    private protected override Task<ShardAnswer> OpenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.Open,
            new OpenShardRequest(shard, election, token, floor),
            status => Refuse(shard, status),
            cancel);

    private protected override Task<ShardAnswer> DescribeAsync(int shard, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.Describe, new DescribeShardRequest(shard), status => Refuse(shard, status), cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> LookupPartAsync(
        int shard, IReadOnlyList<GrainId> grains, CancellationToken cancel) =>
        CallOnGrainsAsync(DirectoryRoutes.Lookup, new LookupRequest(grains), grains, cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ClaimPartAsync(
        int shard,
        IReadOnlyList<GrainClaim> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        CallOnGrainsAsync(
            DirectoryRoutes.Claim,
            new ClaimRequest(grains, cluster, session, token),
            [.. grains.Select(claim => claim.Grain)],
            cancel);

    private protected override Task<GrainAnswer> RegisterOneAsync(
        int shard, GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.Register,
            new RegisterRequest(grain, cluster, number),
            status => Refuse([grain], status)[0],
            cancel);

    private protected override Task<IReadOnlyList<GrainAnswer>> ReleasePartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel) =>
        CallOnGrainsAsync(
            DirectoryRoutes.Release,
            new ReleaseRequest(grains, session),
            [.. grains.Select(held => held.Grain)],
            cancel);

    private protected override Task<GrainPage> ListAsync(
        int shard, ClusterId cluster, string? cursor, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.List,
            new ListRequest(shard, cluster, cursor),
            status => new GrainPage(status, [], null, Unknown),
            cancel);

    private protected override Task<ShardAnswer> InstallAsync(
        int shard, ElectionName election, Token token, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.InstallGrant,
            new InstallGrantRequest(shard, election, token),
            status => Refuse(shard, status),
            cancel);

    private protected override Task<PromoteAnswer> PromotePartAsync(PromoteCall call, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.Promote,
            call,
            status => new PromoteAnswer(status, 0, 0, 0, 0, 0, null, default, Unknown),
            cancel);

    private protected override async Task<PutSlotsAnswer> PutSlotsPartAsync(
        int shard, PutSlotsCall call, CancellationToken cancel)
    {
        var answer = await _http.CallAsync(
            DirectoryRoutes.PutSlots,
            call,
            status => new PutSlotsAnswer(status, [], default, Unknown),
            cancel);
        return answer.Slots.Count == 0 ||
            answer.Slots.Select(slot => slot?.Slot).SequenceEqual(call.Slots.Select(slot => (int?)slot.New.Slot))
                ? answer
                : throw new DirectoryUnavailableException(
                    $"{DirectoryRoutes.PutSlots} was answered for other slots than asked.");
    }

    private protected override Task<SlotPage> SlotsPartAsync(
        int shard, GroupId group, int first, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.Slots,
            new SlotsRequest(group, first),
            status => new SlotPage(status, [], null, Unknown),
            cancel);

    private protected override Task<OutboxPage> ReadAsync(
        int shard, ulong after, int entriesMax, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.ReadOutbox,
            new ReadOutboxRequest(shard, after, entriesMax),
            status => new OutboxPage(status, [], default, Unknown),
            cancel);

    private protected override Task<ShardAnswer> TrimAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.TrimOutbox,
            new TrimOutboxRequest(shard, election, token, upTo),
            status => Refuse(shard, status),
            cancel);

    private protected override Task<HistoryAnswer> HistoryOfAsync(
        int shard, GrainId grain, int entriesMax, CancellationToken cancel) =>
        _http.CallAsync(
            DirectoryRoutes.History,
            new HistoryRequest(grain, entriesMax),
            status => new HistoryAnswer(status, []),
            cancel);

    private async Task<IReadOnlyList<GrainAnswer>> CallOnGrainsAsync<TRequest>(
        string operation, TRequest request, IReadOnlyList<GrainId> grains, CancellationToken cancel)
    {
        var answers = await _http.CallAsync(operation, request, status => Refuse(grains, status), cancel);
        return answers.Select(answer => answer?.Grain).SequenceEqual(grains.Select(grain => (GrainId?)grain))
            ? answers
            : throw new DirectoryUnavailableException($"{operation} was answered for other grains than asked.");
    }

    private static ShardAnswer Refuse(int shard, DirectoryStatus status) => new(shard, status, Unknown, default);

    private static IReadOnlyList<GrainAnswer> Refuse(IEnumerable<GrainId> grains, DirectoryStatus status) =>
        [.. grains.Select(grain => new GrainAnswer(grain, status, null, default, Unknown))];
}
