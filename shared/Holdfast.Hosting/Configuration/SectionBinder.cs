using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;

namespace Holdfast.Hosting;

/// <summary>
/// Binds a section to a record by its properties and says everything that is wrong with it. What cannot be read
/// keeps the record's own default, so that one wrong value does not hide the next.
/// </summary>
internal sealed class SectionBinder
{
    private readonly List<string> _problems = [];

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Whether a value is missing or could not be read, so that relations would compare guesses.</summary>
    public bool Incomplete { get; private set; }

    public object Bind(Type type, IConfigurationSection section)
    {
        var bound = Activator.CreateInstance(type)!;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite && property.GetIndexParameters().Length == 0)
            .ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var property in properties.Values) BindProperty(bound, property, section.GetSection(property.Name));

        foreach (var child in section.GetChildren())
        {
            if (properties.ContainsKey(child.Key)) continue;
            _problems.Add(
                $"{child.Path} is not a setting; {section.Path} has " +
                $"{string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}.");
        }

        return bound;
    }

    private void BindProperty(object target, PropertyInfo property, IConfigurationSection section)
    {
        if (!IsGiven(section))
        {
            if (!IsRequired(property)) return;
            Incomplete = true;
            _problems.Add($"{section.Path} is missing; wanted is {Wanted(property)}.");
            return;
        }

        var read = ReadAny(property.PropertyType, section, property);
        if (read is null) return;
        property.SetValue(target, read);
        CheckAttributes(property, section, read);
    }

    private object? ReadAny(Type type, IConfigurationSection section, PropertyInfo property)
    {
        if (ElementOf(type) is { } element) return ReadList(element, section, property);
        if (SettingText.CanRead(type)) return ReadText(type, section.Value, section.Path, property);
        if (section.Value is null or "") return Bind(type, section);
        Unreadable(section.Path, section.Value, $"a section with the keys of {type.Name}", property);
        return null;
    }

    private Array ReadList(Type element, IConfigurationSection section, PropertyInfo property)
    {
        var items = new ArrayList();

        // One environment variable can hold a whole list of plain values: "a, b, c".
        if (section.Value is { Length: > 0 } text && SettingText.CanRead(element))
        {
            const StringSplitOptions trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
            foreach (var part in text.Split(',', trimmed)) Keep(ReadText(element, part, section.Path, property));
        }

        foreach (var child in section.GetChildren()) Keep(ReadAny(element, child, property));
        return items.ToArray(element);

        void Keep(object? item)
        {
            if (item is not null) items.Add(item);
        }
    }

    private object? ReadText(Type type, string? text, string path, PropertyInfo property)
    {
        if (text is not null && SettingText.TryRead(type, text, out var value)) return value;
        Unreadable(path, text ?? "a section", Wanted(property), property);
        return null;
    }

    private void Unreadable(string path, string value, string wanted, PropertyInfo property)
    {
        Incomplete = true;
        _problems.Add($"{path} is {Shown(property, value)}; wanted is {wanted}.");
    }

    private void CheckAttributes(PropertyInfo property, IConfigurationSection section, object value)
    {
        foreach (var attribute in property.GetCustomAttributes<ValidationAttribute>())
        {
            if (attribute is RequiredAttribute || attribute.IsValid(value)) continue;
            var shown = value is string or not IEnumerable
                ? Shown(property, SettingText.Show(value))
                : $"a list of {((ICollection)value).Count}";
            _problems.Add($"{section.Path} is {shown}; wanted is {Wanted(property)}.");
        }
    }

    private static string Wanted(PropertyInfo property)
    {
        var type = property.PropertyType;
        var kind = ElementOf(type) is { } element
            ? $"a list of which each is {SettingText.Describe(element)}"
            : SettingText.Describe(type);
        var ranges = property.GetCustomAttributes<ValidationAttribute>()
            .Where(attribute => attribute is not RequiredAttribute)
            .Select(attribute => SettingText.DescribeRange(attribute, property.Name));
        return string.Join(", ", ranges.Prepend(kind));
    }

    private static string Shown(PropertyInfo property, string value) => IsSecret(property) ? "not shown" : $"'{value}'";

    private static bool IsSecret(PropertyInfo property) =>
        property.Name.EndsWith("Password", StringComparison.Ordinal) ||
        property.Name.EndsWith("Secret", StringComparison.Ordinal);

    private static bool IsGiven(IConfigurationSection section) =>
        !string.IsNullOrWhiteSpace(section.Value) || section.GetChildren().Any();

    private static bool IsRequired(PropertyInfo property) =>
        property.IsDefined(typeof(RequiredAttribute)) || property.IsDefined(typeof(RequiredMemberAttribute));

    private static Type? ElementOf(Type type)
    {
        if (type.IsArray) return type.GetElementType();
        if (!type.IsInterface || !type.IsGenericType) return null;
        var element = type.GenericTypeArguments[0];
        return type.IsAssignableFrom(element.MakeArrayType()) ? element : null;
    }
}
