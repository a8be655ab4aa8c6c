using System.Text.Json;
using Holdfast.Consensus.Protocol.Coordination;

namespace Holdfast.Consensus.Service;

/// <summary>The core's enumerations as the contracts write them: their names in camelCase, and back.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    public static FenceCause? FenceCauseOf(string word)
    {
        foreach (var cause in Enum.GetValues<FenceCause>())
        {
            if (Of(cause) == word) return cause;
        }

        return null;
    }
}
