using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Consensus;

/// <summary>
/// The definition <c>directory</c>: <c>{"shards":64,"state":"creating"}</c>, whose entry's token is the floor of every
/// shard, then <c>{"shards":64,"state":"created","floor":"..."}</c>, which keeps it.
/// </summary>
internal sealed record DirectoryText(
    [property: JsonPropertyName("shards")] int Shards,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("floor")] string? Floor)
{
    public const string Key = "directory";

    private const string Creating = "creating";
    private const string Created = "created";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Begin(int shards) => JsonSerializer.Serialize(new DirectoryText(shards, Creating, null), Json);

    public static string End(DirectoryDefinition definition) => JsonSerializer.Serialize(
        new DirectoryText(definition.Shards, Created, definition.Floor.ToString()), Json);

    /// <exception cref="FormatException">The definition is no such document.</exception>
    public static DirectoryDefinition Read(DefinitionAnswer definition)
    {
        try
        {
            var text = JsonSerializer.Deserialize<DirectoryText>(definition.Value, Json);
            if (text is { Shards: > 0, State: Creating or Created })
            {
                return new DirectoryDefinition(
                    text.Shards, text.State == Created, Token.Parse(text.Floor ?? definition.Token));
            }
        }
        catch (JsonException e)
        {
            throw new FormatException($"The definition '{Key}' is no JSON of ours: {e.Message}", e);
        }

        throw new FormatException(
            $"The definition '{Key}' is {definition.Value}; shards above 0 and a state of '{Creating}' or " +
            $"'{Created}' are wanted.");
    }
}
