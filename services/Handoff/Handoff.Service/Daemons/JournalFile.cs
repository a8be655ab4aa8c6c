using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Service.Daemons;

/// <summary>The journal of one daemon: JSON that people can read, replaced as a whole and flushed.</summary>
internal sealed class JournalFile(string path)
{
    private const int Format = 1;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>What was written last; null where nothing was.</summary>
    /// <exception cref="InvalidDataException">It is not what this class writes.</exception>
    public DaemonJournal? Read()
    {
        if (!File.Exists(path)) return null;
        try
        {
            var lines = JsonSerializer.Deserialize<JournalLines>(File.ReadAllBytes(path), Json);
            if (lines is not { Format: Format }) throw new FormatException($"format {lines?.Format}");
            return lines.ToJournal();
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException or ArgumentException)
        {
            throw new InvalidDataException(
                $"The journal '{path}' cannot be read; it says which process serves, so it is not passed over.", wrong);
        }
    }

    public void Write(DaemonJournal journal) =>
        DurableFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(JournalLines.Of(journal), Json));

    private sealed record ProcessLines(int Pid, ulong StartedAt, string Build)
    {
        public static ProcessLines? Of(DaemonProcess? process) =>
            process is null ? null : new ProcessLines(process.Pid, process.StartedAt, process.Build.Value);

        public DaemonProcess ToProcess() => new(Pid, StartedAt, new BuildName(Build));
    }

    private sealed record HandoffLines(
        Guid Id,
        string Step,
        ProcessLines? Successor,
        IReadOnlyList<ulong>? Seal,
        string? Fingerprint,
        bool EpochTouched,
        string? Reason)
    {
        public static HandoffLines? Of(HandoffRecord? record) => record is null ? null : new HandoffLines(
            record.Id.Value,
            record.Step.ToString(),
            ProcessLines.Of(record.Successor),
            record.Seal is { } seal ? seal.PerShard.ToArray() : null,
            record.Fingerprint?.ToString(),
            record.EpochTouched,
            record.Reason);

        public HandoffRecord ToRecord() => new(
            new HandoffId(Id),
            Enum.TryParse<HandoffStep>(Step, out var step) ? step : throw new FormatException($"step {Step}"),
            Successor?.ToProcess(),
            Seal is null ? null : new Revisions([.. Seal]),
            DataFingerprint.TryParse(Fingerprint, out var fingerprint) ? fingerprint : null,
            EpochTouched,
            Reason);
    }

    private sealed record JournalLines(int Format, string Build, ProcessLines? Process, HandoffLines? Handoff)
    {
        public static JournalLines Of(DaemonJournal journal) => new(
            JournalFile.Format,
            journal.Build.Value,
            ProcessLines.Of(journal.Process),
            HandoffLines.Of(journal.Handoff));

        public DaemonJournal ToJournal() => new()
        {
            Build = new BuildName(Build),
            Process = Process?.ToProcess(),
            Handoff = Handoff?.ToRecord(),
        };
    }
}
