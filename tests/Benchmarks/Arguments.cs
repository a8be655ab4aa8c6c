using System.Globalization;

namespace Holdfast.Benchmarks;

/// <summary>What follows a name on the command line.</summary>
internal static class Arguments
{
    public static int? Number(string[] arguments, string name) =>
        Text(arguments, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public static string? Text(string[] arguments, string name)
    {
        var place = Array.IndexOf(arguments, name);
        return place < 0 ? null : arguments[place + 1];
    }
}
