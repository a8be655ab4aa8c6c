using System.Globalization;
using System.Text;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Text of a stranger on its way into the log: cut, and without characters that would end its line or change how the
/// rest of it is shown.
/// </summary>
internal static class ForeignText
{
    /// <summary>As long as the longest legal name.</summary>
    public const int CharactersMax = 128;

    private const char CutMark = '…';

    /// <summary>At most so many characters of a text and a mark where it was cut.</summary>
    public static string Of(string text, int charactersMax = CharactersMax)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var next = IsShown(rune)
                ? rune.ToString()
                : string.Create(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            if (shown.Length + next.Length > charactersMax) return shown.Append(CutMark).ToString();
            shown.Append(next);
        }

        return shown.ToString();
    }

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
