using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>
/// Where a page of docs/ says in a table what shows a thing, the last column names, in backticks, tests and stories
/// that exist: a row without any, or with one that was renamed, is no evidence.
/// </summary>
internal static partial class ShownByTests
{
    /// <summary>The last column of the tables that are checked.</summary>
    public const string Column = "shown by";

    public static IEnumerable<Finding> Check(SourceTree tree)
    {
        var names = Names(tree).ToHashSet(StringComparer.Ordinal);
        return tree.Ending(".md").Where(file => file.IsUnder("docs")).SelectMany(file => Check(file, names));
    }

    private static IEnumerable<Finding> Check(SourceFile page, HashSet<string> names)
    {
        var isChecked = false;
        for (var i = 0; i < page.Lines.Length; i++)
        {
            var cells = page.Lines[i].Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length < 4)
            {
                isChecked = false;
                continue;
            }

            if (cells[^2] == Column) isChecked = true;
            else if (isChecked && !cells[^2].StartsWith("--", StringComparison.Ordinal))
            {
                var shown = Quoted().Matches(cells[^2]).Select(match => match.Groups["name"].Value).ToList();
                if (shown.Count == 0) yield return page.Break(i + 1, "nothing shows this");
                foreach (var name in shown.Where(name => !names.Contains(name)))
                    yield return page.Break(i + 1, $"no test and no story is called {name}");
            }
        }
    }

    private static IEnumerable<string> Names(SourceTree tree)
    {
        foreach (var file in tree.Files.Where(file => file.IsUnder("tests")))
        {
            if (file.Path.Contains("/Scenarios/", StringComparison.Ordinal)) yield return file.Name.Split('.')[0];
            if (!file.Name.EndsWith(".cs", StringComparison.Ordinal)) continue;
            foreach (var method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>())
            {
                if (method.AttributeLists.SelectMany(list => list.Attributes)
                    .Any(attribute => attribute.Name.ToString() is "Fact" or "Theory"))
                {
                    yield return method.Identifier.Text;
                }
            }
        }
    }

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Quoted();
}
