using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Service.Consensus;

/// <summary>
/// The definition <c>removed/&lt;name&gt;</c>: <c>{"id":"..."}</c>, the definition of the group that was removed last.
/// It says so for good: a <c>ScaleGroup</c> that read the definition before and writes it after keeps its id, and
/// brings nothing back; only a new definition has a new one.
/// </summary>
internal sealed record RemovalText([property: JsonPropertyName("id")] Guid Id)
{
    private const string Prefix = "removed/";

    public static string KeyOf(GroupId group) => Prefix + group;

    /// <summary>The group that a key is about; null for other definitions.</summary>
    public static GroupId? GroupOf(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && GroupId.IsLegal(key[Prefix.Length..])
            ? new GroupId(key[Prefix.Length..])
            : null;

    /// <exception cref="FormatException">The definition is no such document.</exception>
    public static RemovalText Read(string value)
    {
        try
        {
            return JsonSerializer.Deserialize<RemovalText>(value) ?? throw new FormatException("It is null.");
        }
        catch (JsonException wrong)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    public string Write() => JsonSerializer.Serialize(this);

    /// <summary>The definition, as removed where this is about it.</summary>
    public GroupText Judge(GroupText definition) =>
        definition.Id == Id ? definition with { Removed = true } : definition;
}
