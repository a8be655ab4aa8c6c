using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// The definition <c>force/failover/&lt;cluster&gt;</c>: an operator's order. It stays when it is done with: it counts
/// for fences below its own token only, or for a while where there is none, and can be read afterwards.
/// </summary>
internal sealed record ForceText(
    [property: JsonPropertyName("to")] string? To,
    [property: JsonPropertyName("operator")] string? Operator,
    [property: JsonPropertyName("reason")] string? Reason,
    [property: JsonPropertyName("at")] DateTime At)
{
    private const string Prefix = "force/failover/";

    public static string KeyOf(ClusterId from) => Prefix + from;

    /// <summary>The order; null where the definition is none, or not one that can be read.</summary>
    public static ForceOrder? Read(DefinitionAnswer definition, Instant now, DateTime utcNow)
    {
        if (!definition.Key.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var from = definition.Key[Prefix.Length..];
        try
        {
            var text = JsonSerializer.Deserialize<ForceText>(definition.Value, ContractJson.Options);
            var age = utcNow - text?.At ?? TimeSpan.Zero;
            return text is { To: { } to } && ClusterId.IsLegal(from) && ClusterId.IsLegal(to)
                ? new ForceOrder(
                    new ClusterId(from),
                    new ClusterId(to),
                    Token.Parse(definition.Token),
                    text.Operator ?? "",
                    text.Reason ?? "",
                    now - TimeSpan.FromTicks(Math.Clamp(age.Ticks, 0, TimeSpan.TicksPerDay)))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, ContractJson.Options);
}
