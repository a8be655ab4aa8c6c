using Holdfast.Primitives;

namespace Holdfast.Simulation;

/// <summary>
/// What happened, as one number and as the last lines of a story. Every event goes into the number, so two runs with
/// the same number took the same course; only the last events are kept to be read.
/// </summary>
/// <param name="linesKept">Events that can still be read.</param>
public sealed class Trace(int linesKept = 200)
{
    private const ulong Offset = 14695981039346656037UL;
    private const ulong Prime = 1099511628211UL;

    private readonly Line[] _lines = new Line[linesKept];

    /// <summary>FNV-1a over every event so far.</summary>
    public ulong Digest { get; private set; } = Offset;

    public long Count { get; private set; }

    /// <summary>The last events, the oldest first.</summary>
    public IEnumerable<string> Lines
    {
        get
        {
            for (var i = Math.Max(0, Count - _lines.Length); i < Count; i++)
                yield return _lines[i % _lines.Length].Text;
        }
    }

    /// <param name="at">When, by the clock of the world.</param>
    /// <param name="who">Whom it happened to.</param>
    /// <param name="what">What happened; a constant, so that nothing is formatted that nobody reads.</param>
    /// <param name="number">What tells it from others of its kind.</param>
    public void Add(Instant at, string who, string what, ulong number = 0)
    {
        _lines[Count++ % _lines.Length] = new Line(at, who, what, number);
        Digest = Mix(Mix(Mix(Mix(Digest, (ulong)at.Ticks), DigestOf(who)), DigestOf(what)), number);
    }

    public static ulong DigestOf(ReadOnlySpan<char> text)
    {
        var digest = Offset;
        foreach (var letter in text) digest = (digest ^ letter) * Prime;
        return digest;
    }

    public static ulong DigestOf(ReadOnlySpan<byte> bytes)
    {
        var digest = Offset;
        foreach (var one in bytes) digest = (digest ^ one) * Prime;
        return digest;
    }

    /// <summary>One number after another.</summary>
    public static ulong Mix(ulong digest, ulong number)
    {
        digest = (digest ^ number) * Prime;
        return digest ^ (digest >> 32);
    }

    private readonly record struct Line(Instant At, string Who, string What, ulong Number)
    {
        public string Text => $"{At} {Who} {What} {Number:x}";
    }
}
