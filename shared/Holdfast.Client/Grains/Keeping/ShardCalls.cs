using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// A keeper's calls to the directory for one session: grains go shard by shard in bounded batches, a bounded number of
/// calls at once. A shard that did not answer is left alone until it does (<see cref="SilentShards"/>), so that it
/// holds up only what lives on it.
/// </summary>
internal sealed class ShardCalls(
    IGrainDirectory directory,
    HoldfastSession session,
    SilentShards silent,
    int atOnceMax,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>A look is a small call: a shard that takes longer for it counts as one that does not answer.</summary>
    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(1);

    public HoldfastSession Session => session;

    public IGrainDirectory Directory => directory;

    /// <summary>Whether nothing is sent for a grain, since its shard did not answer lately.</summary>
    public bool IsSilent(GrainId grain) => IsSilent(GrainShard.Of(grain, directory.Shards));

    /// <summary>Whether a shard did not answer lately.</summary>
    public bool IsSilent(int shard) => silent.Contains(shard);

    public Task LookupAsync(
        IEnumerable<GrainId> grains, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(grains, grain => grain, (batch, _) => directory.LookupAsync(batch, cancel), take, cancel);

    /// <param name="claims">What to claim.</param>
    /// <param name="take">Takes the answers, of one batch at a time or of several at once.</param>
    /// <param name="insists">Asks also shards that did not answer lately: the caller waits for nothing else.</param>
    /// <param name="cancel">Gives up.</param>
    public Task ClaimAsync(
        IEnumerable<GrainClaim> claims,
        Action<IReadOnlyList<GrainAnswer>> take,
        bool insists,
        CancellationToken cancel) =>
        EachAsync(
            claims,
            claim => claim.Grain,
            (batch, token) => directory.ClaimAsync(batch, session.Cluster, session.Id, token, cancel),
            take,
            cancel,
            insists);

    public Task ReassertAsync(
        IEnumerable<HeldGrain> held, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(
            held,
            one => one.Grain,
            (batch, token) => directory.ReassertAsync(batch, session.Cluster, session.Id, token, cancel),
            take,
            cancel);

    /// <returns>Those for which something was sent, answered or not; the others are as they were for certain.</returns>
    public Task<IReadOnlySet<GrainId>> OfferAsync(
        IEnumerable<HeldGrain> held,
        ClusterId? to,
        Action<IReadOnlyList<GrainAnswer>> take,
        CancellationToken cancel) =>
        EachSentAsync(held, batch => directory.OfferAsync(batch, session.Id, to, cancel), take, cancel);

    public Task AcceptAsync(
        IEnumerable<GrainId> grains, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(
            grains,
            grain => grain,
            (batch, token) => directory.AcceptAsync(batch, session.Cluster, session.Id, token, cancel),
            take,
            cancel);

    /// <inheritdoc cref="OfferAsync"/>
    public Task<IReadOnlySet<GrainId>> ReleaseAsync(
        IEnumerable<HeldGrain> held, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachSentAsync(held, batch => directory.ReleaseAsync(batch, session.Id, cancel), take, cancel);

    /// <summary>All records of a cluster on a shard; false where the shard did not answer.</summary>
    public async Task<bool> ListAsync(
        int shard, ClusterId cluster, Action<IReadOnlyList<GrainRecord>> take, CancellationToken cancel)
    {
        string? cursor = null;
        do
        {
            var page = await TryAsync(shard, () => directory.ListByOwnerAsync(shard, cluster, cursor, cancel));
            if (page is not { Status: DirectoryStatus.Ok }) return false;
            take(page.Records);
            cursor = page.Next;
        }
        while (cursor is not null);
        return true;
    }

    /// <summary>Does something for each shard that answers, for a bounded number at once.</summary>
    public Task ForShardsAsync(
        IEnumerable<int> shards, Func<int, CancellationToken, Task> work, CancellationToken cancel) =>
        Parallel.ForEachAsync(shards, Bounded(cancel), async (shard, inner) => await work(shard, inner));

    /// <summary>What a shard says of itself; null where it did not answer.</summary>
    public Task<ShardAnswer?> DescribeAsync(int shard, CancellationToken cancel) =>
        TryAsync(shard, () => directory.ShardAsync(shard, cancel).WaitAsync(LookPatience, time, cancel));

    private async Task<IReadOnlySet<GrainId>> EachSentAsync(
        IEnumerable<HeldGrain> held,
        Func<IReadOnlyList<HeldGrain>, Task<IReadOnlyList<GrainAnswer>>> call,
        Action<IReadOnlyList<GrainAnswer>> take,
        CancellationToken cancel)
    {
        var sent = new HashSet<GrainId>();
        await EachAsync(held, one => one.Grain, Send, take, cancel);
        return sent;

        Task<IReadOnlyList<GrainAnswer>> Send(IReadOnlyList<HeldGrain> batch, Token token)
        {
            lock (sent) sent.UnionWith(batch.Select(one => one.Grain));
            return call(batch);
        }
    }

    private Task EachAsync<T>(
        IEnumerable<T> items,
        Func<T, GrainId> grainOf,
        Func<IReadOnlyList<T>, Token, Task<IReadOnlyList<GrainAnswer>>> call,
        Action<IReadOnlyList<GrainAnswer>> take,
        CancellationToken cancel,
        bool insists = false)
    {
        // The first batches of all shards before the second ones: one that hangs takes one place, not all.
        var batches = items
            .GroupBy(item => GrainShard.Of(grainOf(item), directory.Shards))
            .SelectMany(shard => shard
                .Chunk(DirectoryLimits.GrainsPerCallMax)
                .Select((batch, round) => (Shard: shard.Key, Batch: batch, Round: round)))
            .OrderBy(one => one.Round);
        return Parallel.ForEachAsync(batches, Bounded(cancel), async (one, inner) =>
        {
            var answers = await TryAsync(
                one.Shard, () => session.CallAsync(one.Batch, grainOf, call, inner), insists);
            if (answers is null) return;
            silent.Answered(one.Shard);
            take(answers);
        });
    }

    /// <summary>Null where the shard did not answer, now or lately; who insists asks all the same.</summary>
    private async Task<T?> TryAsync<T>(int shard, Func<Task<T>> call, bool insists = false)
        where T : class
    {
        if (!insists && silent.Contains(shard)) return null;
        try
        {
            return await call();
        }
        catch (Exception failure) when (failure is DirectoryUnavailableException or TimeoutException)
        {
            if (silent.Add(shard)) Log.KeeperCallUnanswered(logger, GrainShard.Name(shard), failure.Message);
            return null;
        }
    }

    // On the scheduler of the caller: the pool's, or a simulation's.
    private ParallelOptions Bounded(CancellationToken cancel) => new()
    {
        MaxDegreeOfParallelism = atOnceMax,
        CancellationToken = cancel,
        TaskScheduler = TaskScheduler.Current,
    };
}
