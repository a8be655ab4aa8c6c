using System.Globalization;
using Holdfast.Contracts;
using Holdfast.Primitives;

namespace Holdfast.Directory.Changes;

/// <summary>
/// The compact text of a slot, format 1, the value in <c>{hf:NN}:slots:&lt;group&gt;</c>:
/// <code>
/// epoch , state , node , previous , attempt
/// state   p placed | r running | e stopping | u unhealthy | x unrecoverable | s stopped
/// </code>
/// Absent nodes are empty; the epoch is written as in records of grains (<see cref="RecordText"/>).
/// </summary>
internal static class SlotText
{
    private const int RecordFields = 5;

    private static readonly Dictionary<SlotState, string> Letters = new()
    {
        [SlotState.Placed] = "p",
        [SlotState.Running] = "r",
        [SlotState.Stopping] = "e",
        [SlotState.Unhealthy] = "u",
        [SlotState.Unrecoverable] = "x",
        [SlotState.Stopped] = "s",
    };

    private static readonly Dictionary<string, SlotState> States =
        Letters.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    public static string Write(SlotRecord record) => string.Create(
        CultureInfo.InvariantCulture,
        $"{RecordText.Epoch(record.Epoch)},{Letters[record.State]},{record.Node},{record.Previous},{record.Attempt}");

    /// <summary>The record; null where a program wrote something else by hand.</summary>
    public static SlotRecord? TryRead(int slot, string text)
    {
        try
        {
            return Read(slot, text);
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <exception cref="FormatException">The text was not written by this format.</exception>
    public static SlotRecord Read(int slot, string text)
    {
        var fields = text.Split(',');
        if (fields.Length != RecordFields || !States.TryGetValue(fields[1], out var state))
            throw new FormatException($"'{text}' is not a slot of format 1.");
        return new SlotRecord(
            slot,
            state,
            Node(fields[2]),
            RecordText.ReadEpoch(fields[0]),
            Node(fields[3]),
            int.Parse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>The event that announces a slot in this state.</summary>
    public static string EventOf(SlotState state) => state switch
    {
        SlotState.Placed => nameof(SlotPlaced),
        SlotState.Running => nameof(SlotRecovered),
        SlotState.Unrecoverable => nameof(SlotUnrecoverable),
        _ => nameof(SlotUnhealthy),
    };

    private static NodeId? Node(string text) => text.Length == 0 ? null : new NodeId(text);
}
