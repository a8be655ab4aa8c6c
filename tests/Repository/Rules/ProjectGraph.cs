using System.Xml.Linq;

namespace Holdfast.Repository.Rules;

/// <summary>A project file, as far as the rules care.</summary>
internal sealed record Project(
    SourceFile File,
    string Name,
    IReadOnlyList<string> Packages,
    IReadOnlyList<string> Frameworks,
    IReadOnlyList<string> References)
{
    public bool IsCore => Name.EndsWith(".Protocol", StringComparison.Ordinal);

    /// <summary>The folder of its service; null for what is shared and for tests.</summary>
    public string? Service => File.IsUnder("services") ? File.Path.Split('/')[1] : null;
}

/// <summary>All projects of a tree and what they reference.</summary>
internal sealed class ProjectGraph
{
    private readonly Dictionary<string, Project> _byPath;

    public ProjectGraph(SourceTree tree) =>
        _byPath = tree.Projects.Select(Load).ToDictionary(project => project.File.Path, StringComparer.Ordinal);

    public IEnumerable<Project> All => _byPath.Values;

    /// <summary>The project itself and everything it references, directly or not.</summary>
    public IEnumerable<Project> Closure(Project start)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<Project>([start]);
        while (waiting.TryDequeue(out var project))
        {
            if (!seen.Add(project.File.Path)) continue;
            yield return project;
            foreach (var path in project.References)
                if (_byPath.TryGetValue(path, out var next)) waiting.Enqueue(next);
        }
    }

    private static Project Load(SourceFile file)
    {
        var items = XDocument.Parse(file.Text).Descendants().ToList();
        List<string> Included(string kind) =>
        [
            .. items.Where(item => item.Name.LocalName == kind).Select(item => item.Attribute("Include")?.Value ?? ""),
        ];

        return new Project(
            file,
            Path.GetFileNameWithoutExtension(file.Path),
            Included("PackageReference"),
            Included("FrameworkReference"),
            [.. Included("ProjectReference").Select(reference => Resolve(file.Path, reference))]);
    }

    private static string Resolve(string from, string reference)
    {
        var parts = new List<string>(from.Split('/')[..^1]);
        foreach (var part in reference.Replace('\\', '/').Split('/'))
        {
            if (part == "..") parts.RemoveAt(parts.Count - 1);
            else if (part != ".") parts.Add(part);
        }

        return string.Join('/', parts);
    }
}
