using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Service.Consensus;

/// <summary>
/// The definition <c>cordon/&lt;node&gt;</c>. One that was taken back stays, with its last word, so that it can be read
/// when.
/// </summary>
internal sealed record CordonText(
    [property: JsonPropertyName("cordoned")] bool Cordoned, [property: JsonPropertyName("at")] DateTime At)
{
    private const string Prefix = "cordon/";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static string KeyOf(NodeId node) => Prefix + node;

    /// <summary>The node that a definition cordons; null for others. One that cannot be read holds.</summary>
    public static NodeId? NodeOf(DefinitionAnswer definition) =>
        definition.Key.StartsWith(Prefix, StringComparison.Ordinal) &&
        NodeId.IsLegal(definition.Key[Prefix.Length..]) && IsOn(definition.Value)
            ? new NodeId(definition.Key[Prefix.Length..])
            : null;

    public string Write() => JsonSerializer.Serialize(this, Json);

    private static bool IsOn(string value)
    {
        try
        {
            return JsonSerializer.Deserialize<CordonText>(value, Json) is not { Cordoned: false };
        }
        catch (JsonException)
        {
            return true;
        }
    }
}
