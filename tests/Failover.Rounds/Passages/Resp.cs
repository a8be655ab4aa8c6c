using System.Globalization;
using System.Text;

namespace Holdfast.Failover.Rounds.Passages;

/// <summary>
/// Redis' protocol, version 2, as far as a passage needs it: where one command or answer ends, and its texts.
/// </summary>
internal static class Resp
{
    /// <summary>The length of the first whole value, in bytes; 0 while it is not whole.</summary>
    /// <param name="bytes">What came so far.</param>
    /// <param name="texts">Gets the strings, numbers and errors in it, nested ones in their order.</param>
    public static int Read(ReadOnlySpan<byte> bytes, List<string> texts)
    {
        var at = 0;
        texts.Clear();
        return TryRead(bytes, ref at, texts) ? at : 0;
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, List<string> texts)
    {
        var length = bytes[at..].IndexOf("\r\n"u8);
        if (length < 1) return false;
        var kind = (char)bytes[at];
        var line = Encoding.Latin1.GetString(bytes.Slice(at + 1, length - 1));
        at += length + 2;
        switch (kind)
        {
            case '$':
                return TryReadBulk(bytes, Number(line), ref at, texts);
            case '*':
                for (var left = Number(line); left > 0; left--)
                    if (!TryRead(bytes, ref at, texts)) return false;
                return true;
            default:
                texts.Add(line);
                return true;
        }
    }

    private static bool TryReadBulk(ReadOnlySpan<byte> bytes, int length, ref int at, List<string> texts)
    {
        if (length < 0)
        {
            texts.Add("");
            return true;
        }

        if (bytes.Length < at + length + 2) return false;
        texts.Add(Encoding.Latin1.GetString(bytes.Slice(at, length)));
        at += length + 2;
        return true;
    }

    private static int Number(string line) => int.Parse(line, CultureInfo.InvariantCulture);
}
