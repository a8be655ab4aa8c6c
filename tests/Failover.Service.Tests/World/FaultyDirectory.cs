using System.Collections.Concurrent;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>A directory that can be out of reach, all of it or single shards, and that tells what was called.</summary>
internal sealed class FaultyDirectory(IGrainDirectory inner) : IGrainDirectory
{
    private readonly TaskCompletionSource<PromoteCall> _givenUp = new();
    private volatile IGrainDirectory? _empty;

    private readonly ConcurrentDictionary<int, bool> _silent = [];
    private readonly Lock _gate = new();
    private volatile Func<PromoteCall, Task>? _beforePromote;
    private volatile BelatedAnswer? _belated;
    private int _inFlight;

    public int Shards => inner.Shards;

    public IReadOnlyList<ForgottenMemory> Forgotten => inner.Forgotten;

    public void FoundAgain(ForgottenMemory memory) => inner.FoundAgain(memory);

    public ConcurrentQueue<PromoteCall> Promotions { get; } = new();

    /// <summary>The most promotions that were under way at the same time.</summary>
    public int InFlightMost { get; private set; }

    /// <summary>Nothing answers.</summary>
    public bool IsOut { get; set; }

    /// <summary>The first promotion that was held up and then given up by its caller.</summary>
    public Task<PromoteCall> GivenUp => _givenUp.Task;

    /// <summary>Is told of the grants that are installed and used.</summary>
    public OwnershipHistory? History { get; set; }

    /// <summary>Every shard has lost its memory: it answers, and knows nothing.</summary>
    public void Forget(IGrainDirectory empty) => _empty = empty;

    /// <summary>
    /// A shard is asked how it is before it is opened, and that it knows nothing is heard when this is released.
    /// </summary>
    public BelatedAnswer Belate(int shard) => _belated = new BelatedAnswer(shard);

    public void Silence(int shard) => _silent[shard] = true;

    public void Heal(int shard) => _silent.TryRemove(shard, out _);

    /// <summary>Runs before each promotion, and may hold it up.</summary>
    public void BeforePromote(Func<PromoteCall, Task>? act) => _beforePromote = act;

    /// <summary>Holds all promotions up, also later ones, until the release; answers once so many are held.</summary>
    public async Task<IReadOnlyList<PromoteCall>> HoldAsync(int count, Task release)
    {
        var held = new ConcurrentQueue<PromoteCall>();
        var isEnough = new TaskCompletionSource();
        BeforePromote(call =>
        {
            held.Enqueue(call);
            if (held.Count >= count) isEnough.TrySetResult();
            return release;
        });
        await isEnough.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return [.. held];
    }

    public async Task<ShardAnswer> OpenShardAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel)
    {
        if (_belated is { } belated && belated.Shard == shard) await belated.Asked.Task.WaitAsync(cancel);
        return await On(shard).OpenShardAsync(shard, election, token, floor, cancel);
    }

    public async Task<ShardAnswer> ShardAsync(int shard, CancellationToken cancel)
    {
        var answer = await On(shard).ShardAsync(shard, cancel);
        if (_belated is not { } belated || belated.Shard != shard || answer.Version.Gen.Length > 0) return answer;
        belated.Asked.TrySetResult();
        await belated.Released.Task.WaitAsync(cancel);
        return answer;
    }

    public Task<IReadOnlyList<GrainAnswer>> LookupAsync(IReadOnlyList<GrainId> grains, CancellationToken cancel) =>
        inner.LookupAsync(grains, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ClaimAsync(
        IReadOnlyList<GrainClaim> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel) =>
        inner.ClaimAsync(grains, cluster, session, token, cancel);

    public Task<GrainAnswer> RegisterAsync(GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel) =>
        inner.RegisterAsync(grain, cluster, number, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ReleaseAsync(
        IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel) =>
        inner.ReleaseAsync(grains, session, cancel);

    public Task<GrainPage> ListByOwnerAsync(int shard, ClusterId cluster, string? cursor, CancellationToken cancel) =>
        inner.ListByOwnerAsync(shard, cluster, cursor, cancel);

    public async Task<ShardAnswer> InstallGrantAsync(
        int shard, ElectionName election, Token token, CancellationToken cancel)
    {
        var began = History?.Now();
        var answer = await On(shard).InstallGrantAsync(shard, election, token, cancel);
        if (answer.Status == DirectoryStatus.Ok)
            Record(shard, election, token, answer.Version, isInstallation: true, began);
        return answer;
    }

    public async Task<PromoteAnswer> PromoteAsync(PromoteCall call, CancellationToken cancel)
    {
        lock (_gate) InFlightMost = Math.Max(InFlightMost, ++_inFlight);
        try
        {
            await PassAsync(call, cancel);
            var began = History?.Now();
            var answer = await On(call.Shard).PromoteAsync(call, cancel);
            if (answer.Promoted > 0)
                Record(call.Shard, call.Election, call.Token, answer.Version, isInstallation: false, began);
            Promotions.Enqueue(call);
            return answer;
        }
        finally
        {
            lock (_gate) _inFlight--;
        }
    }

    public Task<PutSlotsAnswer> PutSlotsAsync(PutSlotsCall call, CancellationToken cancel) =>
        inner.PutSlotsAsync(call, cancel);

    public Task<SlotPage> SlotsAsync(GroupId group, int first, CancellationToken cancel) =>
        inner.SlotsAsync(group, first, cancel);

    public Task<OutboxPage> ReadOutboxAsync(int shard, ulong after, int entriesMax, CancellationToken cancel) =>
        On(shard).ReadOutboxAsync(shard, after, entriesMax, cancel);

    public Task<ShardAnswer> TrimOutboxAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel) =>
        On(shard).TrimOutboxAsync(shard, election, token, upTo, cancel);

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
        On(shard).ReopenShardAsync(shard, election, token, floor, cancel);

    public Task<ShardAnswer> ConfirmShardAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel) =>
        On(shard).ConfirmShardAsync(shard, election, token, known, cancel);

    public Task<ShardAnswer> CloseWindowAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel) =>
        On(shard).CloseWindowAsync(shard, election, token, opened, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ReassertAsync(
        IReadOnlyList<HeldGrain> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel) =>
        inner.ReassertAsync(grains, cluster, session, token, cancel);

    public Task<IReadOnlyList<GrainAnswer>> ImportAsync(
        IReadOnlyList<GrainRecord> records, ElectionName election, Token token, CancellationToken cancel) =>
        inner.ImportAsync(records, election, token, cancel);

    public Task<ShardAnswer> RaiseFloorAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel) =>
        On(shard).RaiseFloorAsync(shard, election, token, floor, cancel);

    public Task<EraseAnswer> EraseTombstonesAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel) =>
        On(shard).EraseTombstonesAsync(shard, election, token, cursor, cancel);

    public Task<GrainPage> ScanAsync(int shard, string? cursor, CancellationToken cancel) =>
        On(shard).ScanAsync(shard, cursor, cancel);

    public Task<CountAnswer> CountAsync(int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel) =>
        On(shard).CountAsync(shard, clusters, cancel);

    private async Task PassAsync(PromoteCall call, CancellationToken cancel)
    {
        try
        {
            if (_beforePromote is { } act) await act(call).WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            _givenUp.TrySetResult(call);
            throw;
        }
    }

    private void Record(
        int shard, ElectionName election, Token token, ShardVersion version, bool isInstallation, Moment? began)
    {
        if (History is not { } history || began is not { } since) return;
        var point = new MemoryPoint(shard, version.Gen, version.Seq);
        history.Used(new GrantUsed(election, token, point, isInstallation, since, history.Now()));
    }

    private IGrainDirectory On(int shard) => IsOut || _silent.ContainsKey(shard)
        ? throw new DirectoryUnavailableException($"shard {shard} is silent")
        : _empty ?? inner;
}

/// <summary>What a shard says of itself before it is opened, and is heard later.</summary>
internal sealed record BelatedAnswer(int Shard)
{
    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
