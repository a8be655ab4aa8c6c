using System.Globalization;
using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Counter;

/// <summary>One line of the counter's file.</summary>
/// <param name="Revision">Counts the entries, from 1.</param>
/// <param name="Epoch">Under which epoch it was written.</param>
/// <param name="Value">The counter from then on.</param>
internal sealed record CounterEntry(ulong Revision, Epoch Epoch, long Value)
{
    // revision  16 hex digits
    // epoch     33 characters
    // value     decimal
    // check     8 hex digits over all before it; a machine that stops in the middle of a write leaves a torn line
    private const int CheckLength = 8;

    /// <summary>The line, with its end.</summary>
    public byte[] ToLine()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Revision:x16} {Epoch} {Value} ");
        return Encoding.ASCII.GetBytes($"{text}{Check(text):x8}\n");
    }

    /// <summary>Reads a line without its end; null where it is torn or broken.</summary>
    public static CounterEntry? Parse(string line)
    {
        if (line.Length <= CheckLength) return null;
        var text = line[..^CheckLength];
        var parts = text.Split(' ');
        return parts is [var revision, var epoch, var value, ""] &&
            line[^CheckLength..] == Check(text).ToString("x8", CultureInfo.InvariantCulture) &&
            ulong.TryParse(revision, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) &&
            Epoch.TryParse(epoch, out var under) &&
            long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var counted)
                ? new CounterEntry(number, under, counted)
                : null;
    }

    /// <summary>FNV-1a, 32 bits: enough to tell a torn line from a whole one.</summary>
    private static uint Check(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var c in text) hash = unchecked((hash ^ c) * 16_777_619u);
        return hash;
    }
}
