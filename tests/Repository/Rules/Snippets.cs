namespace Holdfast.Repository.Rules;

/// <summary>A program that the README shows is a program that the tests run, word for word.</summary>
internal static class Snippets
{
    public const string Begin = "// README begins";
    public const string End = "// README ends";

    public static IEnumerable<Finding> Check(SourceTree tree)
    {
        if (tree.Find("README.md") is not { } readme) return [];
        var shown = Shown(readme).ToList();
        var run = tree.Files.Where(file => file.IsUnder("tests/Integration")).ToList();
        var sources = run.Where(file => file.Text.Contains(Begin, StringComparison.Ordinal)).Select(Between)
            .Concat(new SourceTree(run).Ending(".py").Select(file => Plain(file.Lines)))
            .ToList();
        return shown.Where(snippet => !sources.Contains(snippet.Text, StringComparer.Ordinal))
            .Select(snippet => readme.Break(snippet.Line, "this program is not one that tests/Integration runs"));
    }

    private static IEnumerable<(int Line, string Text)> Shown(SourceFile readme)
    {
        var lines = readme.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] is not ("```csharp" or "```python")) continue;
            var end = Array.IndexOf(lines, "```", i);
            yield return (i + 1, Plain(lines[(i + 1)..end]));
        }
    }

    private static string Between(SourceFile file)
    {
        var lines = file.Lines;
        var begin = Array.FindIndex(lines, line => line.Trim() == Begin);
        var end = Array.FindIndex(lines, line => line.Trim() == End);
        return Plain(lines[(begin + 1)..end]);
    }

    /// <summary>Without the indentation that all lines have.</summary>
    private static string Plain(string[] lines)
    {
        var margin = lines.Where(line => line.Trim().Length > 0)
            .Select(line => line.Length - line.TrimStart().Length)
            .DefaultIfEmpty(0)
            .Min();
        return string.Join('\n', lines.Select(line => line.Length > margin ? line[margin..] : "")).Trim('\n');
    }
}
