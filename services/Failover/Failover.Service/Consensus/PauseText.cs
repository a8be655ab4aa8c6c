using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// The definitions <c>pause/failover</c> (everywhere) and <c>pause/failover/&lt;cluster&gt;</c>. A resumed one stays,
/// with its last word, so that it can be read who paused what when.
/// </summary>
internal sealed record PauseText(
    [property: JsonPropertyName("paused")] bool Paused,
    [property: JsonPropertyName("reason")] string? Reason,
    [property: JsonPropertyName("at")] DateTime At)
{
    private const string Everywhere = "pause/failover";
    private const string Prefix = "pause/failover/";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string KeyOf(ClusterId? cluster) => cluster is { } one ? Prefix + one : Everywhere;

    public static bool IsPause(DefinitionAnswer definition) =>
        definition.Key == Everywhere ||
        (definition.Key.StartsWith(Prefix, StringComparison.Ordinal) &&
            ClusterId.IsLegal(definition.Key[Prefix.Length..]));

    /// <summary>The cluster of a pause; null for everywhere.</summary>
    public static ClusterId? ClusterOf(DefinitionAnswer definition) =>
        definition.Key == Everywhere ? null : new ClusterId(definition.Key[Prefix.Length..]);

    /// <summary>A pause that cannot be read holds: somebody wanted one.</summary>
    public static bool IsOn(DefinitionAnswer definition)
    {
        try
        {
            return JsonSerializer.Deserialize<PauseText>(definition.Value, Json) is not { Paused: false };
        }
        catch (JsonException)
        {
            return true;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, Json);
}
