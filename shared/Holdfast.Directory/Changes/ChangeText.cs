using System.Globalization;
using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Directory.Changes;

/// <summary>
/// What was done to some grains of a shard in one step, with all that an event or a history says of it.
/// </summary>
/// <param name="Operation"><c>claim</c>, <c>register</c>, <c>promote</c> or <c>release</c>.</param>
/// <param name="At">When the caller did it, UTC.</param>
/// <param name="Cause">Why; empty where the operation says it all.</param>
/// <param name="Floor">The floor of the shard then; with the sequence it orders the events of a shard.</param>
/// <param name="Token">The token under which it was done.</param>
/// <param name="From">The cluster that owned them; null when none did.</param>
/// <param name="To">The cluster that owns them now; null after a release.</param>
/// <param name="Holder">The session that holds them now.</param>
/// <param name="Previous">The session that held them before.</param>
/// <param name="Grains">The grains, 1 to <see cref="DirectoryLimits.GrainsPerCallMax"/>.</param>
internal sealed record Change(
    string Operation,
    DateTime At,
    string Cause,
    Token Floor,
    Token Token,
    ClusterId? From,
    ClusterId? To,
    SessionId? Holder,
    SessionId? Previous,
    IReadOnlyList<ChangedGrain> Grains);

/// <summary>One grain of a change.</summary>
internal sealed record ChangedGrain(GrainId Grain, Epoch? Old, Epoch New, GrainKind Kind, bool Tombstone);

/// <summary>
/// The text of a change in outbox and history, written by the scripts (<c>shard.lua</c>) and by the embedded
/// directory alike. Grain keys have no control characters, so tab and line feed separate.
/// <code>
/// operation TAB unix-ms TAB cause TAB floor TAB token TAB from TAB to TAB holder TAB previous
/// LF type/key TAB old-epoch TAB new-epoch TAB flags      (once per grain)
/// LF type/key                                            (the same, where the rest is as in the line before)
/// </code>
/// Absent parts are empty. Epochs and flags are written as in records (<see cref="RecordText"/>). Whoever reads must
/// also take lines in full that could have been left out: what was written before there were short ones has none.
/// </summary>
internal static class ChangeText
{
    private const int HeaderFields = 9;
    private const int GrainFields = 4;

    private static readonly long UnixTimeMin = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long UnixTimeMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static string Write(Change change)
    {
        var text = new StringBuilder()
            .Append(change.Operation).Append('\t')
            .Append(new DateTimeOffset(change.At).ToUnixTimeMilliseconds()).Append('\t')
            .Append(change.Cause).Append('\t')
            .Append(change.Floor).Append('\t')
            .Append(change.Token).Append('\t')
            .Append(change.From?.Value).Append('\t')
            .Append(change.To?.Value).Append('\t')
            .Append(change.Holder).Append('\t')
            .Append(change.Previous);
        ChangedGrain? last = null;
        foreach (var grain in change.Grains)
        {
            text.Append('\n').Append(grain.Grain);
            if (last is null || !HasSameRest(grain, last))
            {
                text.Append('\t').Append(grain.Old is { } old ? RecordText.Epoch(old) : "")
                    .Append('\t').Append(RecordText.Epoch(grain.New))
                    .Append('\t').Append(RecordText.Flags(grain.Kind, grain.Tombstone));
            }

            last = grain;
        }

        return text.ToString();
    }

    /// <exception cref="FormatException">The text was not written by this format.</exception>
    public static Change Read(string text)
    {
        var lines = text.Split('\n');
        var header = Fields(lines[0], HeaderFields);
        return new Change(
            header[0],
            TimeOf(header[1]),
            header[2],
            Token.Parse(header[3]),
            Token.Parse(header[4]),
            header[5].Length == 0 ? null : new ClusterId(header[5]),
            header[6].Length == 0 ? null : new ClusterId(header[6]),
            header[7].Length == 0 ? null : SessionId.Parse(header[7]),
            header[8].Length == 0 ? null : SessionId.Parse(header[8]),
            ReadGrains(lines));
    }

    /// <summary>When a change was made, UTC, without reading the rest of it; a slot's change says so alike.</summary>
    /// <exception cref="FormatException">The text was not written by this format.</exception>
    public static DateTime ReadTime(string text)
    {
        var start = text.IndexOf('\t', StringComparison.Ordinal) + 1;
        var end = start == 0 ? -1 : text.IndexOf('\t', start);
        if (end < 0) throw new FormatException($"'{text}' is not a change.");
        return TimeOf(text.AsSpan(start, end - start));
    }

    /// <summary>The time, UTC, that is so many milliseconds from the Unix epoch.</summary>
    /// <exception cref="FormatException">It is no number, or no time that there is.</exception>
    public static DateTime TimeOf(ReadOnlySpan<char> milliseconds) =>
        long.TryParse(milliseconds, CultureInfo.InvariantCulture, out var number) &&
        number >= UnixTimeMin && number <= UnixTimeMax
            ? DateTimeOffset.FromUnixTimeMilliseconds(number).UtcDateTime
            : throw new FormatException($"'{milliseconds}' is not the time of a change.");

    private static bool HasSameRest(ChangedGrain one, ChangedGrain other) =>
        (one.Old, one.New, one.Kind, one.Tombstone) == (other.Old, other.New, other.Kind, other.Tombstone);

    private static ChangedGrain[] ReadGrains(string[] lines)
    {
        var grains = new ChangedGrain[lines.Length - 1];
        for (var i = 0; i < grains.Length; i++)
        {
            var line = lines[i + 1];
            grains[i] = i > 0 && !line.Contains('\t', StringComparison.Ordinal)
                ? grains[i - 1] with { Grain = GrainId.Parse(line) }
                : ReadGrain(line);
        }

        return grains;
    }

    private static ChangedGrain ReadGrain(string line)
    {
        var fields = Fields(line, GrainFields);
        var (kind, tombstone) = RecordText.ReadFlags(fields[3]);
        return new ChangedGrain(
            GrainId.Parse(fields[0]),
            fields[1].Length > 0 ? RecordText.ReadEpoch(fields[1]) : null,
            RecordText.ReadEpoch(fields[2]),
            kind,
            tombstone);
    }

    private static string[] Fields(string line, int wanted)
    {
        var fields = line.Split('\t');
        return fields.Length == wanted
            ? fields
            : throw new FormatException($"'{line}' has {fields.Length} fields, {wanted} are wanted.");
    }
}
