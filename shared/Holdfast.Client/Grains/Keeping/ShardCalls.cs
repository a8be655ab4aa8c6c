using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// A keeper's calls to the directory for one session: grains go shard by shard in bounded batches, a bounded number of
/// calls at once, so that a shard that does not answer holds up only what lives on it.
/// </summary>
internal sealed class ShardCalls(IGrainDirectory directory, HoldfastSession session, int atOnceMax, ILogger logger)
{
    private volatile string? _trouble;

    public HoldfastSession Session => session;

    public IGrainDirectory Directory => directory;

    /// <summary>What did not answer since this was asked last; null: nothing.</summary>
    public string? TakeTrouble() => Interlocked.Exchange(ref _trouble, null);

    public Task LookupAsync(
        IEnumerable<GrainId> grains, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(grains, grain => grain, (batch, _) => directory.LookupAsync(batch, cancel), take, cancel);

    public Task ClaimAsync(
        IEnumerable<GrainClaim> claims, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(
            claims,
            claim => claim.Grain,
            (batch, token) => directory.ClaimAsync(batch, session.Cluster, session.Id, token, cancel),
            take,
            cancel);

    public Task ReassertAsync(
        IEnumerable<HeldGrain> held, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(
            held,
            one => one.Grain,
            (batch, token) => directory.ReassertAsync(batch, session.Cluster, session.Id, token, cancel),
            take,
            cancel);

    public Task OfferAsync(
        IEnumerable<HeldGrain> held,
        ClusterId? to,
        Action<IReadOnlyList<GrainAnswer>> take,
        CancellationToken cancel) =>
        EachAsync(
            held, one => one.Grain, (batch, _) => directory.OfferAsync(batch, session.Id, to, cancel), take, cancel);

    public Task AcceptAsync(
        IEnumerable<GrainId> grains, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(
            grains,
            grain => grain,
            (batch, token) => directory.AcceptAsync(batch, session.Cluster, session.Id, token, cancel),
            take,
            cancel);

    public Task ReleaseAsync(
        IEnumerable<HeldGrain> held, Action<IReadOnlyList<GrainAnswer>> take, CancellationToken cancel) =>
        EachAsync(
            held, one => one.Grain, (batch, _) => directory.ReleaseAsync(batch, session.Id, cancel), take, cancel);

    /// <summary>All records of a cluster on a shard; false where the shard did not answer.</summary>
    public async Task<bool> ListAsync(
        int shard, ClusterId cluster, Action<IReadOnlyList<GrainRecord>> take, CancellationToken cancel)
    {
        string? cursor = null;
        try
        {
            do
            {
                var page = await directory.ListByOwnerAsync(shard, cluster, cursor, cancel);
                if (page.Status != DirectoryStatus.Ok) return false;
                take(page.Records);
                cursor = page.Next;
            }
            while (cursor is not null);
            return true;
        }
        catch (DirectoryUnavailableException unavailable)
        {
            Unanswered(unavailable);
            return false;
        }
    }

    /// <summary>Does something for some shards, a bounded number at once.</summary>
    public Task ForShardsAsync(
        IEnumerable<int> shards, Func<int, CancellationToken, Task> work, CancellationToken cancel) =>
        Parallel.ForEachAsync(shards, Bounded(cancel), async (shard, inner) => await work(shard, inner));

    /// <summary>What a shard says of itself; null where it did not answer.</summary>
    public async Task<ShardAnswer?> DescribeAsync(int shard, CancellationToken cancel)
    {
        try
        {
            return await directory.ShardAsync(shard, cancel);
        }
        catch (DirectoryUnavailableException unavailable)
        {
            Unanswered(unavailable);
            return null;
        }
    }

    private Task EachAsync<T>(
        IEnumerable<T> items,
        Func<T, GrainId> grainOf,
        Func<IReadOnlyList<T>, Token, Task<IReadOnlyList<GrainAnswer>>> call,
        Action<IReadOnlyList<GrainAnswer>> take,
        CancellationToken cancel)
    {
        var batches = items
            .GroupBy(item => GrainShard.Of(grainOf(item), directory.Shards))
            .SelectMany(shard => shard.Chunk(DirectoryLimits.GrainsPerCallMax));
        return Parallel.ForEachAsync(batches, Bounded(cancel), async (batch, inner) =>
        {
            try
            {
                take(await session.CallAsync(batch, grainOf, call, inner));
            }
            catch (DirectoryUnavailableException unavailable)
            {
                Unanswered(unavailable);
            }
        });
    }

    private ParallelOptions Bounded(CancellationToken cancel) =>
        new() { MaxDegreeOfParallelism = atOnceMax, CancellationToken = cancel };

    private void Unanswered(DirectoryUnavailableException unavailable)
    {
        if (_trouble is null) Log.KeeperCallUnanswered(logger, unavailable.Message);
        _trouble = unavailable.Message;
    }
}
