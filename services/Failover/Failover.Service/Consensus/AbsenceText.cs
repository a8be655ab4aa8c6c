using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// The definition <c>absent/failover/&lt;cluster&gt;</c>: a cluster owns grains, and nobody of it is known. One that is
/// over stays, with its last word.
/// </summary>
internal sealed record AbsenceText(
    [property: JsonPropertyName("absent")] bool Absent, [property: JsonPropertyName("at")] DateTime At)
{
    private const string Prefix = "absent/failover/";

    public static string KeyOf(ClusterId cluster) => Prefix + cluster;

    /// <summary>The absence; null where the definition is none, one that is over, or one that cannot be read.</summary>
    public static Absence? Read(DefinitionAnswer definition, Instant now, DateTime utcNow)
    {
        if (!definition.Key.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var cluster = definition.Key[Prefix.Length..];
        try
        {
            if (JsonSerializer.Deserialize<AbsenceText>(definition.Value, ContractJson.Options) is not
                { Absent: true } text || !ClusterId.IsLegal(cluster))
            {
                return null;
            }

            var age = utcNow - text.At;
            var at = now - (age > TimeSpan.Zero ? age : TimeSpan.Zero);
            return new Absence(new ClusterId(cluster), Token.Parse(definition.Token), at);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, ContractJson.Options);
}
