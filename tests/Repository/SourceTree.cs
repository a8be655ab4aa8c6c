using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Holdfast.Repository;

/// <summary>A text file of the repository, or one planted by a test that proves a checker.</summary>
internal sealed class SourceFile(string path, string text)
{
    private static readonly CSharpParseOptions Preview = new(LanguageVersion.Preview, DocumentationMode.None);

    private SyntaxNode? _syntax;

    /// <summary>Relative to the root, with slashes.</summary>
    public string Path { get; } = path;

    public string Text { get; } = text;

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public string[] Lines => Text.Split('\n');

    public SyntaxNode Syntax => _syntax ??= CSharpSyntaxTree.ParseText(Text, Preview).GetRoot();

    public bool IsUnder(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    public Finding Break(SyntaxNode at, string rule) => Break(at.GetLocation(), rule);

    public Finding Break(Location at, string rule) => new(Path, at.GetLineSpan().StartLinePosition.Line + 1, rule);

    public Finding Break(int line, string rule) => new(Path, line, rule);

    public Finding Break(string rule) => new(Path, 0, rule);
}

/// <summary>What the rules look at: the real repository, or a few planted files.</summary>
internal sealed class SourceTree(IReadOnlyList<SourceFile> files)
{
    private static readonly string[] FoldersOutside =
        [".git", ".vs", ".idea", "bin", "obj", "artifacts", "TestResults", "node_modules", "__pycache__"];

    private static readonly string[] TextEndings =
    [
        ".cs", ".csproj", ".props", ".targets", ".sln", ".json", ".md", ".sh", ".py", ".lua", ".proto", ".yml", ".yaml",
        ".txt", ".xml", ".svg", ".conf", ".editorconfig", ".gitignore", ".gitattributes", "/run", "/LICENSE",
        "Dockerfile",
    ];

    private static readonly Lazy<SourceTree> Real = new(Read);

    /// <summary>The repository this test was built in.</summary>
    public static SourceTree Repository => Real.Value;

    /// <summary>Its root folder.</summary>
    public static string Root { get; } = FindRoot();

    public IReadOnlyList<SourceFile> Files => files;

    public IEnumerable<SourceFile> CSharp => Ending(".cs");

    /// <summary>What is shipped: everything but the tests.</summary>
    public IEnumerable<SourceFile> Product =>
        CSharp.Where(file => file.IsUnder("services") || file.IsUnder("shared") || file.IsUnder("samples"));

    public IEnumerable<SourceFile> Projects => Ending(".csproj");

    /// <summary>A tree of planted files, each a path and its text.</summary>
    public static SourceTree Of(params (string Path, string Text)[] planted) =>
        new([.. planted.Select(file => new SourceFile(file.Path, file.Text))]);

    public IEnumerable<SourceFile> Ending(string ending) =>
        files.Where(file => file.Path.EndsWith(ending, StringComparison.Ordinal));

    public SourceFile? Find(string path) => files.FirstOrDefault(file => file.Path == path);

    private static SourceTree Read() =>
        new([.. Walk(new DirectoryInfo(Root)).Select(Load)]);

    private static SourceFile Load(FileInfo file) =>
        new(Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'), File.ReadAllText(file.FullName));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        var here = folder.EnumerateFiles().Where(file => TextEndings.Any(file.FullName.EndsWith));
        var below = folder.EnumerateDirectories()
            .Where(sub => !FoldersOutside.Contains(sub.Name, StringComparer.Ordinal))
            .SelectMany(Walk);
        return here.Concat(below);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Services.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No Services.sln above {AppContext.BaseDirectory}.");
    }
}
