using System.Collections.Immutable;
using System.Globalization;

namespace Holdfast.Handoff.Wire;

/// <summary>The last revision that each shard of a daemon's data holds, in the order of the shards.</summary>
public readonly struct Revisions : IEquatable<Revisions>
{
    private readonly ImmutableArray<ulong> _perShard;

    public Revisions(params ReadOnlySpan<ulong> perShard) => _perShard = [.. perShard];

    /// <summary>One revision for each shard.</summary>
    public ReadOnlySpan<ulong> PerShard => _perShard.IsDefault ? [] : _perShard.AsSpan();

    /// <summary>The highest of all; 0 without shards.</summary>
    public ulong Highest
    {
        get
        {
            var highest = 0UL;
            foreach (var revision in PerShard) highest = Math.Max(highest, revision);
            return highest;
        }
    }

    public static bool operator ==(Revisions left, Revisions right) => left.Equals(right);

    public static bool operator !=(Revisions left, Revisions right) => !left.Equals(right);

    /// <summary>
    /// Whether nothing that <paramref name="seal"/> names is missing here: the same shards, none at a lower revision.
    /// </summary>
    public bool Cover(Revisions seal)
    {
        if (PerShard.Length != seal.PerShard.Length) return false;
        for (var i = 0; i < PerShard.Length; i++)
            if (PerShard[i] < seal.PerShard[i]) return false;
        return true;
    }

    public bool Equals(Revisions other) => PerShard.SequenceEqual(other.PerShard);

    public override bool Equals(object? obj) => obj is Revisions other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var revision in PerShard) hash.Add(revision);
        return hash.ToHashCode();
    }

    public override string ToString()
    {
        var words = new List<string>();
        foreach (var revision in PerShard) words.Add(revision.ToString(CultureInfo.InvariantCulture));
        return $"[{string.Join(' ', words)}]";
    }
}
