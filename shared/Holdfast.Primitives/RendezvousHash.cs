using System.Text;

namespace Holdfast.Primitives;

/// <summary>
/// Highest-random-weight choice (Thaler and Ravishankar, 1998): everybody who knows the same candidates picks the
/// same ones, and a candidate that leaves moves only what it was picked for. The weight is 64-bit FNV-1a over
/// <c>subject</c>, a zero byte and <c>candidate</c> (UTF-8), finished with the mixer of SplitMix64; it is part of the
/// protocol between peers and must not change.
/// </summary>
public static class RendezvousHash
{
    /// <summary>The weight of a candidate for a subject.</summary>
    public static ulong Weight(string subject, string candidate)
    {
        const ulong offsetBasis = 14695981039346656037;
        var hash = Absorb(offsetBasis, subject);
        hash = Absorb(AbsorbByte(hash, 0), candidate);
        hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
        hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
        return hash ^ (hash >> 31);
    }

    /// <summary>All candidates, the best first; equal weights are ordered by the candidate's text.</summary>
    public static IReadOnlyList<T> Order<T>(string subject, IEnumerable<T> candidates, Func<T, string> text) =>
        [.. candidates
            .OrderByDescending(candidate => Weight(subject, text(candidate)))
            .ThenBy(text, StringComparer.Ordinal)];

    private static ulong Absorb(ulong hash, string text)
    {
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = AbsorbByte(hash, b);
        return hash;
    }

    private static ulong AbsorbByte(ulong hash, byte b)
    {
        const ulong prime = 1099511628211;
        return unchecked((hash ^ b) * prime);
    }
}
