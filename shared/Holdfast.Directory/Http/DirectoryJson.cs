using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Primitives;

namespace Holdfast.Directory.Http;

/// <summary>
/// The JSON of <c>POST /v1/directory/{operation}</c>, the same at both ends: camelCase, ids, tokens and epochs as
/// text. Unknown fields are refused in requests and ignored in answers.
/// </summary>
public static class DirectoryJson
{
    /// <summary>How requests are read.</summary>
    public static JsonSerializerOptions Requests { get; } = Create(JsonUnmappedMemberHandling.Disallow);

    /// <summary>How answers are read; either end writes with it.</summary>
    public static JsonSerializerOptions Answers { get; } = Create(JsonUnmappedMemberHandling.Skip);

    private static JsonSerializerOptions Create(JsonUnmappedMemberHandling unmapped)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            UnmappedMemberHandling = unmapped,
            RespectRequiredConstructorParameters = true,
            RespectNullableAnnotations = true,
            NumberHandling = JsonNumberHandling.Strict,
            Converters =
            {
                new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
                new TextConverter<GrainId>(GrainId.Parse),
                new TextConverter<ClusterId>(text => new ClusterId(text)),
                new TextConverter<NodeId>(text => new NodeId(text)),
                new TextConverter<GroupId>(text => new GroupId(text)),
                new TextConverter<SessionId>(SessionId.Parse),
                new TextConverter<ElectionName>(text => new ElectionName(text)),
                new TextConverter<Token>(Token.Parse),
                new TextConverter<Epoch>(Epoch.Parse),
            },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class TextConverter<T>(Func<string, T> parse) : JsonConverter<T>
        where T : notnull
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw new JsonException($"A {typeof(T).Name} is written as text.");
            try
            {
                return parse(reader.GetString()!);
            }
            catch (FormatException malformed)
            {
                throw new JsonException(malformed.Message, malformed);
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
