using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Contracts;

/// <summary>How an event is named on the wire: its id, its sequence, its exchange.</summary>
public static class EventIdentity
{
    private static readonly Guid Namespace = new("6d1f6a53-7c7e-4b0e-9a39-3c0d2f6a8f11");

    /// <summary>
    /// UUIDv5 (RFC 9562, 5.5) of <c>type</c>, <c>subject</c> and <c>sequence</c>, separated by line feeds.
    /// </summary>
    public static Guid IdOf(string type, string subject, string sequence)
    {
        var name = Encoding.UTF8.GetBytes($"{type}\n{subject}\n{sequence}");
        Span<byte> input = stackalloc byte[16 + name.Length];
        Namespace.TryWriteBytes(input, bigEndian: true, out _);
        name.CopyTo(input[16..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 9562 prescribes SHA-1 for version 5; nothing secret hangs on it.
        SHA1.HashData(input, hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0f) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>The id of an event of type <typeparamref name="T"/>.</summary>
    public static Guid IdOf<T>(string subject, string sequence)
        where T : IEvent => IdOf(typeof(T).Name, subject, sequence);

    /// <summary>16 hex digits of the source's token or generation, '-', 16 hex digits of a counter.</summary>
    public static string Sequence(ulong major, ulong counter) =>
        string.Create(CultureInfo.InvariantCulture, $"{major:x16}-{counter:x16}");

    /// <summary>
    /// The exchange of a message: <c>holdfast.peer-down</c> for an event, <c>holdfast.cmd.pause-failover</c> for a
    /// command.
    /// </summary>
    public static string ExchangeOf(Type message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var prefix = typeof(ICommand).IsAssignableFrom(message) ? "holdfast.cmd." : "holdfast.";
        var name = new StringBuilder(prefix);
        foreach (var c in message.Name)
        {
            if (char.IsAsciiLetterUpper(c) && name.Length > prefix.Length) name.Append('-');
            name.Append(char.ToLowerInvariant(c));
        }

        return name.ToString();
    }

    /// <summary>Reads the major half of a sequence or epoch text; zero where the text has another shape.</summary>
    public static ulong MajorOf(string sequence) =>
        sequence is { Length: 33 } && ulong.TryParse(
            sequence.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var major)
            ? major
            : 0;
}
