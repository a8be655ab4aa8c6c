namespace Holdfast.Consensus.Storage;

/// <summary>Tells a file of a newer program from a damaged one, which a policy may go on without.</summary>
internal static class LaterFormat
{
    /// <param name="path">The file.</param>
    /// <param name="bytes">What it begins with, which is nothing that is known here.</param>
    /// <param name="newest">Three letters and the digit of the newest known format.</param>
    /// <param name="isWholeAs">Whether it is whole once the digit is this one: then only the digit is damaged.</param>
    /// <exception cref="LaterFormatException">It has the letters and a later digit.</exception>
    public static void Refuse(
        string path, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> newest, Func<byte, bool> isWholeAs)
    {
        if (bytes.Length < newest.Length || !bytes.StartsWith(newest[..^1])) return;
        var (digit, known) = (bytes[newest.Length - 1], newest[^1]);
        if (digit <= known || digit > (byte)'9') return;
        for (var earlier = (byte)'1'; earlier <= known; earlier++)
            if (isWholeAs(earlier)) return;
        throw new LaterFormatException(path, digit - '0', known - '0');
    }
}
