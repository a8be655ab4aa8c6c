using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>What follows a loss of memory, and what keeps a shard small.</summary>
public abstract partial class ShardedGrainDirectory
{
    public Task<ShardAnswer> ReopenShardAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel)
    {
        DemandCaller(shard, election, token);
        DirectoryArguments.DemandToken(floor);
        return _trace.RunAsync(
            "reopen", shard, () => ReopenAsync(shard, election, token, floor, cancel), answer => answer.Status);
    }

    public Task<ShardAnswer> ConfirmShardAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel)
    {
        DemandCaller(shard, election, token);
        DirectoryArguments.DemandVersion(known);
        return _trace.RunAsync(
            "confirm", shard, () => ConfirmAsync(shard, election, token, known, cancel), answer => answer.Status);
    }

    public Task<ShardAnswer> CloseWindowAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel)
    {
        DemandCaller(shard, election, token);
        DirectoryArguments.DemandToken(opened);
        return _trace.RunAsync(
            "close-window",
            shard,
            () => CloseWindowPartAsync(shard, election, token, opened, cancel),
            answer => answer.Status);
    }

    public Task<IReadOnlyList<GrainAnswer>> ReassertAsync(
        IReadOnlyList<HeldGrain> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(grains);
        DirectoryArguments.DemandCluster(cluster);
        DirectoryArguments.DemandSession(session);
        DirectoryArguments.DemandToken(token);
        foreach (var held in grains) DirectoryArguments.DemandHeld(held, token);
        return SplitAsync(
            "reassert",
            grains,
            held => held.Grain,
            (shard, part) => ReassertPartAsync(shard, part, cluster, session, token, cancel));
    }

    public Task<IReadOnlyList<GrainAnswer>> ImportAsync(
        IReadOnlyList<GrainRecord> records, ElectionName election, Token token, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(records);
        DirectoryArguments.DemandElection(election);
        DirectoryArguments.DemandToken(token);
        foreach (var record in records) DirectoryArguments.DemandRecord(record);
        return SplitAsync(
            "import",
            records,
            record => record.Grain,
            (shard, part) => ImportPartAsync(shard, part, election, token, cancel));
    }

    public Task<ShardAnswer> RaiseFloorAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel)
    {
        DemandCaller(shard, election, token);
        DirectoryArguments.DemandToken(floor);
        if (floor > token)
        {
            throw new ArgumentException(
                $"A floor of {floor} is above the caller's own token ({token}).", nameof(floor));
        }

        return _trace.RunAsync(
            "raise-floor", shard, () => RaiseAsync(shard, election, token, floor, cancel), answer => answer.Status);
    }

    public Task<EraseAnswer> EraseTombstonesAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel)
    {
        DemandCaller(shard, election, token);
        return _trace.RunAsync(
            "erase", shard, () => EraseAsync(shard, election, token, cursor, cancel), answer => answer.Status);
    }

    public Task<GrainPage> ScanAsync(int shard, string? cursor, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        return _trace.RunAsync("scan", shard, () => ScanPartAsync(shard, cursor, cancel), page => page.Status);
    }

    public Task<CountAnswer> CountAsync(int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        DirectoryArguments.DemandClusters(clusters);
        return _trace.RunAsync("count", shard, () => CountPartAsync(shard, clusters, cancel), page => page.Status);
    }

    private protected abstract Task<ShardAnswer> ReopenAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel);

    private protected abstract Task<ShardAnswer> ConfirmAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel);

    private protected abstract Task<ShardAnswer> CloseWindowPartAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel);

    private protected abstract Task<IReadOnlyList<GrainAnswer>> ReassertPartAsync(
        int shard,
        IReadOnlyList<HeldGrain> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel);

    private protected abstract Task<IReadOnlyList<GrainAnswer>> ImportPartAsync(
        int shard,
        IReadOnlyList<GrainRecord> records,
        ElectionName election,
        Token token,
        CancellationToken cancel);

    private protected abstract Task<ShardAnswer> RaiseAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel);

    private protected abstract Task<EraseAnswer> EraseAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel);

    private protected abstract Task<GrainPage> ScanPartAsync(int shard, string? cursor, CancellationToken cancel);

    private protected abstract Task<CountAnswer> CountPartAsync(
        int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel);

    private void DemandCaller(int shard, ElectionName election, Token token)
    {
        DirectoryArguments.DemandShard(shard, Shards);
        DirectoryArguments.DemandElection(election);
        DirectoryArguments.DemandToken(token);
    }
}
