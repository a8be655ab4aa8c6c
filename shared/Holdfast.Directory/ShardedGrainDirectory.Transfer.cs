using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>Giving a grain to another cluster.</summary>
public abstract partial class ShardedGrainDirectory
{
    public Task<IReadOnlyList<GrainAnswer>> OfferAsync(
        IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(grains);
        DirectoryArguments.DemandSession(session);
        if (to is { } cluster) DirectoryArguments.DemandCluster(cluster);
        return SplitAsync(
            "offer", grains, held => held.Grain, (shard, part) => OfferPartAsync(shard, part, session, to, cancel));
    }

    public Task<IReadOnlyList<GrainAnswer>> AcceptAsync(
        IReadOnlyList<GrainId> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(grains);
        DirectoryArguments.DemandCluster(cluster);
        DirectoryArguments.DemandSession(session);
        DirectoryArguments.DemandToken(token);
        return SplitAsync(
            "accept",
            grains,
            grain => grain,
            (shard, part) => AcceptPartAsync(shard, part, cluster, session, token, cancel));
    }

    private protected abstract Task<IReadOnlyList<GrainAnswer>> OfferPartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CancellationToken cancel);

    private protected abstract Task<IReadOnlyList<GrainAnswer>> AcceptPartAsync(
        int shard,
        IReadOnlyList<GrainId> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel);
}
