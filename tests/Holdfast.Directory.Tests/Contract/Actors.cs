using Holdfast.Primitives;

namespace Holdfast.Directory.Tests.Contract;

/// <summary>Who acts in the tests; tokens are small numbers, so that a test can show them.</summary>
internal static class Actors
{
    public static readonly ClusterId East = new("east");
    public static readonly ClusterId West = new("west");
    public static readonly ClusterId North = new("north");
    public static readonly ElectionName FailoverWest = ElectionName.Failover(West);
    public static readonly ElectionName FailoverNorth = ElectionName.Failover(North);

    public static readonly ElectionName RecoveryWest = ElectionName.Recovery(West);

    /// <summary>The floor that the shards of the tests are created with.</summary>
    public static readonly Token Floor = T(10);

    public static Token T(ulong value) => new(value);

    public static SessionId S(ulong opened) => new(T(opened));

    public static Epoch E(ulong token, ulong counter = 1) => new(T(token), counter);

    public static GrainId G(string key) => new("cart", key);

    public static GrainId Ext(string key) => new("ext.silo", key);

    public static IReadOnlyList<GrainId> Many(int count) => [.. Enumerable.Range(0, count).Select(i => G($"k{i}"))];

    public static GrainRecord Record(
        GrainId grain,
        ClusterId cluster,
        ulong? holder,
        Epoch epoch,
        GrainKind kind = GrainKind.Fenced,
        bool tombstone = false) =>
        new(grain, cluster, holder is { } session ? S(session) : null, epoch, kind, tombstone);
}
