using Holdfast.Directory.Changes;
using Holdfast.Primitives;
using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>Giving a grain to another cluster.</summary>
public sealed partial class RedisGrainDirectory
{
    private protected override async Task<IReadOnlyList<GrainAnswer>> OfferPartAsync(
        int shard, IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CancellationToken cancel)
    {
        var reply = await ChangeAsync(
            RedisScript.Offer, shard, cancel, [session.ToString(), to?.Value ?? "", .. HeldArguments(grains)]);
        return EachGrain([.. grains.Select(held => held.Grain)], reply);
    }

    private protected override async Task<IReadOnlyList<GrainAnswer>> AcceptPartAsync(
        int shard,
        IReadOnlyList<GrainId> grains,
        ClusterId cluster,
        SessionId session,
        Token token,
        CancellationToken cancel)
    {
        var arguments = grains.Select(grain => (RedisValue)grain.ToString());
        var reply = await ChangeAsync(
            RedisScript.Accept, shard, cancel, [cluster.Value, session.ToString(), Text(token), .. arguments]);
        return EachGrain(grains, reply);
    }

    private static IEnumerable<RedisValue> HeldArguments(IReadOnlyList<HeldGrain> grains) =>
        grains.SelectMany(held => new RedisValue[] { held.Grain.ToString(), RecordText.Epoch(held.Epoch) });
}
