using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Primitives;

namespace Holdfast.Standalone.Nodes;

/// <summary>
/// What an owner last held, on its disk: it survives a SIGKILL, and it is what an old process believes in when it
/// comes back.
/// </summary>
internal sealed record OwnerJournal(string Node, string Session, IReadOnlyDictionary<string, string> Grains)
{
    public static OwnerJournal Read(string file) =>
        JsonSerializer.Deserialize<OwnerJournal>(File.ReadAllText(file), ContractJson.Options)!;

    public IEnumerable<KeyValuePair<GrainId, Epoch>> Held() =>
        Grains.Select(grain => KeyValuePair.Create(GrainId.Parse(grain.Key), Epoch.Parse(grain.Value)));

    /// <summary>Replaces the file in one step, so that a kill leaves the old one or the new one.</summary>
    public void Write(string file)
    {
        var fresh = file + ".new";
        File.WriteAllText(fresh, JsonSerializer.Serialize(this, ContractJson.Options));
        File.Move(fresh, file, overwrite: true);
    }
}
