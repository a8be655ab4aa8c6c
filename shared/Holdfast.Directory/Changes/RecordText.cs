using System.Globalization;
using Holdfast.Primitives;

namespace Holdfast.Directory.Changes;

/// <summary>
/// The compact text of a record, format 1, the value in <c>{hf:NN}:rec</c>:
/// <code>
/// epoch , flags , cluster , holder [ , offer ]
/// epoch   16 hex digits of the token, then the counter in hex without leading zeros
/// flags   f fenced | l leased, then t for a tombstone
/// holder  16 hex digits, or empty
/// offer   the offered epoch, '>', and the cluster it is offered to, none once that was withdrawn; absent without
/// </code>
/// The token comes first and has a fixed width, so that scripts compare it as text; the rest is as short as it can
/// be, because there is one per grain.
/// </summary>
internal static class RecordText
{
    private const int TokenLength = 16;

    public static string Write(GrainRecord record) =>
        $"{Epoch(record.Epoch)},{Flags(record.Kind, record.Tombstone)},{record.Cluster},{record.Holder}" +
        (record.Offer is { } offer ? $",{Epoch(record.Epoch)}>{offer.To}" : "");

    /// <summary>The record; null where a program wrote something else by hand.</summary>
    public static GrainRecord? TryRead(GrainId grain, string text)
    {
        try
        {
            return Read(grain, text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <exception cref="FormatException">The text was not written by this format.</exception>
    public static GrainRecord Read(GrainId grain, string text)
    {
        var fields = text.Split(',');
        if (fields.Length is not (4 or 5)) throw new FormatException($"'{text}' is not a record of format 1.");
        var (kind, tombstone) = ReadFlags(fields[1]);
        var epoch = ReadEpoch(fields[0]);
        return new GrainRecord(
            grain,
            new ClusterId(fields[2]),
            fields[3].Length == 0 ? null : SessionId.Parse(fields[3]),
            epoch,
            kind,
            tombstone,
            fields.Length == 4 ? null : ReadOffer(fields[4], epoch));
    }

    /// <summary>An offer of another epoch than the record's has ended.</summary>
    private static GrainOffer? ReadOffer(string text, Epoch epoch)
    {
        var sign = text.IndexOf('>', StringComparison.Ordinal);
        if (sign < 0) throw new FormatException($"'{text}' is not an offer of format 1.");
        var to = text[(sign + 1)..];
        return ReadEpoch(text[..sign]) == epoch ? new GrainOffer(to.Length == 0 ? null : new ClusterId(to)) : null;
    }

    public static string Epoch(Epoch epoch) =>
        string.Create(CultureInfo.InvariantCulture, $"{epoch.Token.Value:x16}{epoch.Counter:x}");

    public static Epoch ReadEpoch(string text) =>
        text.Length > TokenLength && Token.TryParse(text[..TokenLength], out var token) &&
        ulong.TryParse(
            text.AsSpan(TokenLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var counter)
            ? new Epoch(token, counter)
            : throw new FormatException($"'{text}' is not an epoch of format 1.");

    public static string Flags(GrainKind kind, bool tombstone) => (kind, tombstone) switch
    {
        (GrainKind.Fenced, false) => "f",
        (GrainKind.Fenced, true) => "ft",
        (GrainKind.Leased, false) => "l",
        _ => "lt",
    };

    public static (GrainKind Kind, bool Tombstone) ReadFlags(string text) => text switch
    {
        "f" => (GrainKind.Fenced, false),
        "ft" => (GrainKind.Fenced, true),
        "l" => (GrainKind.Leased, false),
        "lt" => (GrainKind.Leased, true),
        _ => throw new FormatException($"'{text}' are no flags of format 1."),
    };
}
