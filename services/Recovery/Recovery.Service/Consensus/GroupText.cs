using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Consensus;

/// <summary>
/// The definition <c>group/&lt;name&gt;</c>: <c>{"kind":"replica","cluster":"east","slots":3,"perNodeMax":1}</c>, with
/// the id of the command that defined it. A removed one stays, with <c>"removed":true</c>, so that its slots are
/// stopped by whoever acts; that it was removed is written down beside it too (<see cref="RemovalText"/>).
/// </summary>
internal sealed record GroupText(
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("cluster")] string Cluster,
    [property: JsonPropertyName("slots")] int Slots,
    [property: JsonPropertyName("perNodeMax")] int? PerNodeMax = null,
    [property: JsonPropertyName("removed")] bool? Removed = null,
    [property: JsonPropertyName("id")] Guid? Id = null)
{
    /// <summary>The kinds of groups, as the contracts name them.</summary>
    public static readonly IReadOnlyList<string> Kinds = ["replica", "fork", "standby"];

    private const string Prefix = "group/";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string KeyOf(GroupId group) => Prefix + group;

    /// <summary>The group that a key defines; null for other definitions.</summary>
    public static GroupId? GroupOf(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && GroupId.IsLegal(key[Prefix.Length..])
            ? new GroupId(key[Prefix.Length..])
            : null;

    /// <summary>What is wrong with a group, and what would be legal; null when nothing is.</summary>
    public static (string Code, string Detail, string Legal)? Problem(GroupText text)
    {
        if (!Kinds.Contains(text.Kind, StringComparer.Ordinal))
            return ("invalidKind", $"'{text.Kind}' is no kind of group.", $"One of {string.Join(", ", Kinds)}.");
        if (!ClusterId.IsLegal(text.Cluster))
        {
            return ("invalidCluster", $"'{text.Cluster}' is no cluster id.",
                "A cluster id of 1 to 128 characters of A-Z a-z 0-9 . _ -.");
        }

        if (text.Slots is < 1 or > SlotId.SlotsPerGroupMax)
            return ("invalidSlots", $"{text.Slots} slots are asked for.", $"1 to {SlotId.SlotsPerGroupMax} slots.");
        return text.PerNodeMax < 1
            ? ("invalidPerNodeMax", $"{text.PerNodeMax} slots per node are asked for.", "1 or more, or none given.")
            : null;
    }

    /// <exception cref="FormatException">The definition is no such document.</exception>
    public static GroupText Read(string value)
    {
        try
        {
            var text = JsonSerializer.Deserialize<GroupText>(value, Json) ?? throw new FormatException("It is null.");
            return Problem(text) is { } problem
                ? throw new FormatException($"{problem.Detail} Legal is: {problem.Legal}")
                : text;
        }
        catch (JsonException wrong)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    public string Write() => JsonSerializer.Serialize(this, Json);

    public GroupDefinition Definition() =>
        new(Kind, new ClusterId(Cluster), Removed == true ? 0 : Slots, PerNodeMax);
}
