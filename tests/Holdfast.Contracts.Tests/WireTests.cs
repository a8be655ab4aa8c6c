using System.Reflection;
using System.Text.Json;

namespace Holdfast.Contracts.Tests;

public sealed class WireTests
{
    public static TheoryData<string> MessageNames => [.. Examples.Messages.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void A_message_is_on_the_wire_what_its_golden_file_says(string name)
    {
        var type = TypeOf(name);
        var json = Golden.JsonOf(type) + "\n";
        if (Golden.Rewrites) File.WriteAllText(Golden.FileOf(type), json);

        json.ShouldBe(File.ReadAllText(Golden.FileOf(type)));
    }

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void A_message_comes_back_from_its_golden_file_unchanged(string name)
    {
        var type = TypeOf(name);
        var golden = File.ReadAllText(Golden.FileOf(type));

        var message = JsonSerializer.Deserialize(golden, type, ContractJson.Strict);

        JsonNodeEquals(JsonSerializer.Serialize(message, type, ContractJson.Options), golden).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void A_field_of_a_newer_sender_is_ignored_where_events_are_read(string name)
    {
        var type = TypeOf(name);
        var golden = File.ReadAllText(Golden.FileOf(type)).TrimEnd();
        var newer = golden[..^1] + ",\"aFieldOfANewerVersion\":{\"deep\":[1,2]}}";

        var message = JsonSerializer.Deserialize(newer, type, ContractJson.Options);

        JsonNodeEquals(JsonSerializer.Serialize(message, type, ContractJson.Options), golden).ShouldBeTrue();
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize(newer, type, ContractJson.Strict));
    }

    [Fact]
    public void No_golden_file_is_left_of_a_message_that_is_gone()
    {
        var files = Directory.GetFiles(Path.GetDirectoryName(Golden.FileOf(typeof(PeerUp)))!)
            .Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal);

        files.ShouldBe(Examples.Messages.Select(type => type.Name));
    }

    [Fact]
    public void Messages_are_sealed_records_of_properties_without_base_class_or_method()
    {
        var odd = Examples.Messages.Where(type =>
            !type.IsSealed || type.BaseType != typeof(object) || type.Namespace != "Holdfast.Contracts" ||
            type.GetProperties().Any(property => !property.CanWrite || !IsPrimitive(property.PropertyType)));

        odd.ShouldBeEmpty();
    }

    [Fact]
    public void Every_event_is_marked_as_state_or_as_fact_and_facts_are_the_grain_events()
    {
        foreach (var type in Examples.Messages.Where(Examples.Is<IEvent>))
        {
            var (state, fact) = (
                type.IsDefined(typeof(StateEventAttribute)), type.IsDefined(typeof(FactEventAttribute)));
            fact.ShouldBe(type.Name.StartsWith("Grain", StringComparison.Ordinal), type.Name);
            state.ShouldBe(!fact, type.Name);
        }
    }

    private static bool JsonNodeEquals(string left, string right)
    {
        using var one = JsonDocument.Parse(left);
        using var other = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }

    // Primitive fields, lists of them, and the two small records that occur in lists.
    private static bool IsPrimitive(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return IsPrimitive(type.GenericTypeArguments[0]);
        return type.IsPrimitive || type == typeof(string) || type == typeof(Guid) || type == typeof(DateTime) ||
            type == typeof(GrainChange) || type == typeof(ObserverEvidence);
    }

    internal static Type TypeOf(string name) => Examples.Messages.Single(type => type.Name == name);
}
