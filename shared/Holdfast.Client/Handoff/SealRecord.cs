using System.Text.Json;
using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

/// <summary>
/// What an incumbent leaves in the data directory at the seal, for the successor to compare with what it finds: the
/// wire tells the fingerprint to the supervisor only, and a supervisor cannot open the data.
/// </summary>
/// <param name="Handoff">The handoff; a record of another one says nothing.</param>
/// <param name="Epoch">The epoch under which the incumbent wrote; the successor's must be higher.</param>
/// <param name="Revisions">The last revision of each shard.</param>
/// <param name="Fingerprint">What the files held.</param>
internal sealed record SealRecord(string Handoff, string Epoch, ulong[] Revisions, string Fingerprint)
{
    public const string FileName = "handoff.seal";

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static SealRecord Of(HandoffId handoff, Epoch epoch, SealedData data) => new(
        handoff.ToString(), epoch.ToString(), data.Revisions.PerShard.ToArray(), data.Fingerprint.ToString());

    public void Write(string directory) =>
        DurableFile.Replace(Path.Combine(directory, FileName), JsonSerializer.Serialize(this, Web));

    /// <summary>Null where there is none of this handoff.</summary>
    public static SealRecord? Read(string directory, HandoffId handoff)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path)) return null;
        var record = JsonSerializer.Deserialize<SealRecord>(File.ReadAllText(path), Web);
        return record?.Handoff == handoff.ToString() ? record : null;
    }

    public static void Remove(string directory) => File.Delete(Path.Combine(directory, FileName));

    /// <summary>Whether an epoch is above the one that sealed.</summary>
    public bool IsBelow(Epoch epoch) => Primitives.Epoch.TryParse(Epoch, out var mine) && mine < epoch;

    /// <summary>What is missing or different in what was opened; null where all is there.</summary>
    public string? Difference(OpenedData opened)
    {
        var written = new Revisions(Revisions);
        if (!opened.Revisions.Cover(written)) return $"revisions {opened.Revisions} do not cover {written}";
        return opened.Fingerprint.ToString() == Fingerprint
            ? null
            : $"the fingerprint is {opened.Fingerprint}, {Fingerprint} was sealed";
    }
}
