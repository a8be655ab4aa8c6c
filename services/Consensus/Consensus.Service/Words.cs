using System.Text.Json;

namespace Holdfast.Consensus.Service;

/// <summary>The core's enumerations as the contracts write them: their names in camelCase, and back.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>Null for a word that names none.</summary>
    public static T? ValueOf<T>(string word)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Of(value) == word) return value;
        }

        return null;
    }

    /// <summary>All that are legal, for people.</summary>
    public static string Of<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetValues<T>().Select(Of));
}
