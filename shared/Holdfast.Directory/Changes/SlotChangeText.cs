using System.Globalization;
using Holdfast.Primitives;

namespace Holdfast.Directory.Changes;

/// <summary>What was done to one slot, with all that its event says.</summary>
/// <param name="At">When the caller did it, UTC.</param>
/// <param name="Reason">Why.</param>
/// <param name="Floor">The floor of the shard then; with the sequence it orders the events of a shard.</param>
/// <param name="Election">Who did it.</param>
/// <param name="Token">Under which token.</param>
/// <param name="Group">The group.</param>
/// <param name="Kind">The kind of the group.</param>
/// <param name="Record">The slot as it is from then on.</param>
internal sealed record SlotChange(
    DateTime At,
    string Reason,
    Token Floor,
    ElectionName Election,
    Token Token,
    GroupId Group,
    string Kind,
    SlotRecord Record);

/// <summary>
/// The text of a slot's change in the outbox, written by put_slots.lua and by the embedded directory alike:
/// <code>
/// slot TAB unix-ms TAB reason TAB floor TAB election TAB token TAB group TAB kind TAB index TAB record
/// </code>
/// The record is written as it is stored (<see cref="SlotText"/>).
/// </summary>
internal static class SlotChangeText
{
    private const string Operation = "slot";
    private const int Fields = 10;

    public static string Write(SlotChange change) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation}\t{new DateTimeOffset(change.At).ToUnixTimeMilliseconds()}\t{change.Reason}\t{change.Floor}\t" +
        $"{change.Election}\t{change.Token}\t{change.Group}\t{change.Kind}\t{change.Record.Slot}\t" +
        $"{SlotText.Write(change.Record)}");

    /// <exception cref="FormatException">The text was not written by this format.</exception>
    public static SlotChange Read(string text)
    {
        var fields = text.Split('\t');
        if (fields.Length != Fields || fields[0] != Operation)
            throw new FormatException($"'{text}' is not a change of a slot.");
        var slot = int.Parse(fields[8], NumberStyles.None, CultureInfo.InvariantCulture);
        return new SlotChange(
            ChangeText.TimeOf(fields[1]),
            fields[2],
            Token.Parse(fields[3]),
            new ElectionName(fields[4]),
            Token.Parse(fields[5]),
            new GroupId(fields[6]),
            fields[7],
            SlotText.Read(slot, fields[9]));
    }
}
