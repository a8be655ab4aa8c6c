using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Holdfast.Repository.Rules;

/// <summary>What must agree with the folders: the solution, package versions, paths and links in the words.</summary>
internal static partial class Housekeeping
{
    private const string Versions = "Directory.Packages.props";

    /// <summary>Every project is built by the solution, and the solution names no project that is gone.</summary>
    public static IEnumerable<Finding> CheckSolution(SourceTree tree)
    {
        var solution = tree.Ending(".sln").Single();
        var listed = SolutionProject().Matches(solution.Text)
            .Select(match => match.Groups["path"].Value.Replace('\\', '/'))
            .ToHashSet(StringComparer.Ordinal);
        var present = tree.Projects.Select(project => project.Path).ToHashSet(StringComparer.Ordinal);
        return present.Except(listed).Select(path => new Finding(path, 0, $"not in {solution.Path}"))
            .Concat(listed.Except(present).Select(path => solution.Break($"lists {path}, which does not exist")));
    }

    /// <summary>A version nobody uses is a question nobody can answer.</summary>
    public static IEnumerable<Finding> CheckVersions(SourceTree tree)
    {
        var used = tree.Projects.Concat(tree.Ending(".props")).Concat(tree.Ending(".targets"))
            .SelectMany(file => XDocument.Parse(file.Text).Descendants())
            .Where(item => item.Name.LocalName is "PackageReference")
            .Select(item => item.Attribute("Include")?.Value)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return tree.Find(Versions) is not { } file
            ? []
            : XDocument.Parse(file.Text).Descendants()
                .Where(item => item.Name.LocalName is "PackageVersion")
                .Select(item => item.Attribute("Include")?.Value)
                .Where(package => !used.Contains(package))
                .Select(package => file.Break($"{package} has a version but no project uses it"));
    }

    /// <summary>A path in the words exists: in backticks from the root, in a link from the page.</summary>
    /// <param name="tree">The pages.</param>
    /// <param name="exists">Whether a path relative to the root is a file or a folder.</param>
    public static IEnumerable<Finding> CheckPaths(SourceTree tree, Func<string, bool> exists)
    {
        foreach (var page in tree.Ending(".md"))
        {
            var folder = page.Path[..^page.Name.Length];
            for (var i = 0; i < page.Lines.Length; i++)
            {
                var named = QuotedPath().Matches(page.Lines[i]).Select(match => match.Groups["path"].Value);
                var linked = Link().Matches(page.Lines[i])
                    .Select(match => match.Groups["path"].Value)
                    .Where(path => path.Length > 0 && !path.Contains(':', StringComparison.Ordinal))
                    .Select(path => folder + path);
                foreach (var path in named.Concat(linked).Where(path => !exists(path)))
                    yield return page.Break(i + 1, $"names {path}, which does not exist");
            }
        }
    }

    [GeneratedRegex("""^Project\("[^"]+"\) = "[^"]+", "(?<path>[^"]+\.csproj)",""", RegexOptions.Multiline)]
    private static partial Regex SolutionProject();

    /// <summary>Starts with a folder of the root and has no placeholder in it.</summary>
    [GeneratedRegex(@"`(?<path>(services|shared|tests|docs|deploy|samples|\.ci)/[\w./-]*)`")]
    private static partial Regex QuotedPath();

    [GeneratedRegex(@"\]\((?<path>[^)#\s]*)(#[^)]*)?\)")]
    private static partial Regex Link();
}
