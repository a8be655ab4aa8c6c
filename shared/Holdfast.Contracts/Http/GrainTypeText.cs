using System.Text.Json;

namespace Holdfast.Contracts.Http;

/// <summary>
/// The definition <c>graintype/&lt;type&gt;</c> in Consensus: <c>{"kind":"leased","allowedClusters":["west"]}</c>. Both
/// may be absent; a type without a definition is fenced and may live anywhere.
/// </summary>
public sealed record GrainTypeText
{
    /// <summary><c>fenced</c>, the default, or <c>leased</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>The clusters that grains of the type may be promoted or given to; absent or empty: any.</summary>
    public IReadOnlyList<string>? AllowedClusters { get; init; }

    /// <summary>The kind that is leased.</summary>
    public const string Leased = "leased";

    /// <summary>What the keys of these definitions begin with.</summary>
    public const string Prefix = "graintype/";

    public static string KeyOf(string type) => Prefix + type;

    /// <summary>The type that a definition is about; null where it is about something else.</summary>
    public static string? TypeOf(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && key.Length > Prefix.Length ? key[Prefix.Length..] : null;

    /// <summary>Reads the text of a definition; null where it is none of ours.</summary>
    public static GrainTypeText? Read(string json)
    {
        try
        {
            var text = JsonSerializer.Deserialize<GrainTypeText>(json, ContractJson.Options);
            return text is { Kind: null or "fenced" or Leased } ? text : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, ContractJson.Options);
}
