using Holdfast.Directory.Embedded;
using Holdfast.Primitives;

namespace Holdfast.Directory.Tests.Outbox;

/// <summary>An embedded directory that fails when told to, and lets a test await what a relay did to it.</summary>
internal sealed class WatchedDirectory(EmbeddedGrainDirectory inner) : IGrainDirectory
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource _read = new();
    private readonly TaskCompletionSource _trimRefused = new();
    private readonly TaskCompletionSource _grantRefused = new();
    private readonly Dictionary<ulong, TaskCompletionSource> _trimmed = [];
    private readonly Lock _lock = new();

    /// <summary>How many reads of the outbox fail from now on.</summary>
    public int Fails { get; set; }

    public bool FailsTrims { get; set; }

    /// <summary>What becomes of an entry that is read.</summary>
    public Func<OutboxEntry, OutboxEntry> Tampers { get; set; } = entry => entry;

    public int Shards => inner.Shards;

    public void Forget() => inner.Forget(0);

    /// <summary>The outbox was read once.</summary>
    public Task ReadAsync() => _read.Task.WaitAsync(WaitMax);

    public Task TrimRefusedAsync() => _trimRefused.Task.WaitAsync(WaitMax);

    public Task GrantRefusedAsync() => _grantRefused.Task.WaitAsync(WaitMax);

    public Task TrimmedAsync(ulong upTo) => TrimmedSource(upTo).Task.WaitAsync(WaitMax);

    public Task<ShardAnswer> OpenShardAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        inner.OpenShardAsync(shard, election, token, floor, cancel);

    public Task<ShardAnswer> ShardAsync(int shard, CancellationToken cancel) => inner.ShardAsync(shard, cancel);

    public Task<IReadOnlyList<GrainAnswer>> LookupAsync(IReadOnlyList<GrainId> grains, CancellationToken cancel) =>
        inner.LookupAsync(grains, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ClaimAsync(
        IReadOnlyList<GrainClaim> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        inner.ClaimAsync(grains, cluster, session, token, cancel);

    public Task<GrainAnswer> RegisterAsync(
        GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel) =>
        inner.RegisterAsync(grain, cluster, number, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ReleaseAsync(
        IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel) =>
        inner.ReleaseAsync(grains, session, cancel);

    public Task<GrainPage> ListByOwnerAsync(
        int shard, ClusterId cluster, string? cursor, CancellationToken cancel) =>
        inner.ListByOwnerAsync(shard, cluster, cursor, cancel);

    public async Task<ShardAnswer> InstallGrantAsync(
        int shard, ElectionName election, Token token, CancellationToken cancel)
    {
        var answer = await inner.InstallGrantAsync(shard, election, token, cancel);
        if (answer.Status == DirectoryStatus.GrantSuperseded) _grantRefused.TrySetResult();
        return answer;
    }

    public Task<PromoteAnswer> PromoteAsync(PromoteCall call, CancellationToken cancel) =>
        inner.PromoteAsync(call, cancel);

    public Task<PutSlotsAnswer> PutSlotsAsync(PutSlotsCall call, CancellationToken cancel) =>
        inner.PutSlotsAsync(call, cancel);

    public Task<SlotPage> SlotsAsync(GroupId group, int first, CancellationToken cancel) =>
        inner.SlotsAsync(group, first, cancel);

    public async Task<OutboxPage> ReadOutboxAsync(
        int shard, ulong after, int entriesMax, CancellationToken cancel)
    {
        if (Fails > 0)
        {
            Fails--;
            throw new DirectoryUnavailableException("it is told to fail.");
        }

        var page = await inner.ReadOutboxAsync(shard, after, entriesMax, cancel);
        _read.TrySetResult();
        return page with { Entries = [.. page.Entries.Select(Tampers)] };
    }

    public async Task<ShardAnswer> TrimOutboxAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel)
    {
        if (FailsTrims) throw new DirectoryUnavailableException("it is told to fail.");
        var answer = await inner.TrimOutboxAsync(shard, election, token, upTo, cancel);
        if (answer.Status == DirectoryStatus.Ok) TrimmedSource(upTo).TrySetResult();
        else _trimRefused.TrySetResult();
        return answer;
    }

    public Task<HistoryAnswer> HistoryAsync(GrainId grain, int entriesMax, CancellationToken cancel) =>
        inner.HistoryAsync(grain, entriesMax, cancel);

    public Task<IReadOnlyList<GrainAnswer>> OfferAsync(
        IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CancellationToken cancel) =>
        inner.OfferAsync(grains, session, to, cancel);

    public Task<IReadOnlyList<GrainAnswer>> AcceptAsync(
        IReadOnlyList<GrainId> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel) =>
        inner.AcceptAsync(grains, cluster, session, token, cancel);

    public Task<ShardAnswer> ReopenShardAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        inner.ReopenShardAsync(shard, election, token, floor, cancel);

    public Task<ShardAnswer> ConfirmShardAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel) =>
        inner.ConfirmShardAsync(shard, election, token, known, cancel);

    public Task<ShardAnswer> CloseWindowAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel) =>
        inner.CloseWindowAsync(shard, election, token, opened, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ReassertAsync(
        IReadOnlyList<HeldGrain> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel) =>
        inner.ReassertAsync(grains, cluster, session, token, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ImportAsync(
        IReadOnlyList<GrainRecord> records, ElectionName election, Token token, CancellationToken cancel) =>
        inner.ImportAsync(records, election, token, cancel);

    public Task<ShardAnswer> RaiseFloorAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        inner.RaiseFloorAsync(shard, election, token, floor, cancel);

    public Task<EraseAnswer> EraseTombstonesAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel) =>
        inner.EraseTombstonesAsync(shard, election, token, cursor, cancel);

    public Task<GrainPage> ScanAsync(int shard, string? cursor, CancellationToken cancel) =>
        inner.ScanAsync(shard, cursor, cancel);

    public Task<CountAnswer> CountAsync(int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel) =>
        inner.CountAsync(shard, clusters, cancel);

    private TaskCompletionSource TrimmedSource(ulong upTo)
    {
        lock (_lock)
        {
            if (!_trimmed.TryGetValue(upTo, out var source)) _trimmed[upTo] = source = new TaskCompletionSource();
            return source;
        }
    }
}
