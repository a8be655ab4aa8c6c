using Holdfast.Contracts;

namespace Holdfast.Standalone.Hub;

/// <summary>The commands of the contracts by name.</summary>
internal static class CommandTypes
{
    public static readonly IReadOnlySet<string> Names = typeof(ICommand).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(ICommand).IsAssignableFrom(type))
        .Select(type => type.Name)
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>What is wrong with a name; null: nothing.</summary>
    public static string? Problem(string? name) => name is not null && Names.Contains(name)
        ? null
        : $"'{name}' is not a command; legal are {string.Join(", ", Names.Order(StringComparer.Ordinal))}.";
}
