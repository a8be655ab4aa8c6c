using System.Runtime.CompilerServices;

namespace Holdfast.Processes;

/// <summary>The instruments that docs/metrics.md lists.</summary>
public static class MetricsPage
{
    /// <summary>The rows of a section.</summary>
    /// <param name="section">Its heading.</param>
    public static IReadOnlyList<(string Name, string? Unit)> Listed(string section)
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "docs", "metrics.md"));
        return
        [
            .. page.Split("\n## ").Single(part => part.StartsWith($"{section}\n", StringComparison.Ordinal))
                .Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
                .Select(line => line.Split('|'))
                .Select(cells => (cells[1].Trim(' ', '`'), (string?)cells[2].Trim())),
        ];
    }

    private static string Here([CallerFilePath] string file = "") => file;
}
