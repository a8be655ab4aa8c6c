using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Contracts;

/// <summary>
/// How contracts are written as JSON: camelCase, nothing for what is absent, times in UTC with <c>Z</c>, durations as
/// <c>00:00:05</c>. The bus, the golden files and every reader of events share these options.
/// </summary>
public static class ContractJson
{
    /// <summary>For events and answers: unknown fields are ignored, so that a newer sender can add some.</summary>
    public static JsonSerializerOptions Options { get; } = Make(JsonUnmappedMemberHandling.Skip);

    /// <summary>
    /// For commands and requests: an unknown field is refused, because a misspelt one would change what is asked.
    /// </summary>
    public static JsonSerializerOptions Strict { get; } = Make(JsonUnmappedMemberHandling.Disallow);

    private static JsonSerializerOptions Make(JsonUnmappedMemberHandling unknown)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            UnmappedMemberHandling = unknown,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
