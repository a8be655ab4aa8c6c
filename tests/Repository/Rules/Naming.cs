using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>A type is a noun that says what it is. These words say nothing and collect what has no home.</summary>
internal static class Naming
{
    private static readonly string[] Endings =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Common", "Impl"];

    private static readonly string[] Layers = ["Interfaces", "Models", "Services", "Dtos", "Entities", "Extensions"];

    private static readonly string[] EmptyTestNames = ["Test", "Test1", "Test2", "MainTest", "ShouldWork", "Works"];

    public static IEnumerable<Finding> Check(SourceTree tree) =>
        tree.CSharp.SelectMany(file => Types(file).Concat(Places(file)))
            .Concat(tree.CSharp.Where(file => file.IsUnder("tests")).SelectMany(Tests));

    private static IEnumerable<Finding> Tests(SourceFile file) =>
        from method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
        where EmptyTestNames.Contains(method.Identifier.Text, StringComparer.Ordinal)
        select file.Break(method, "a test's name is a sentence that says what holds");

    private static IEnumerable<Finding> Types(SourceFile file) =>
        from node in file.Syntax.DescendantNodes()
        let name = node switch
        {
            BaseTypeDeclarationSyntax type => type.Identifier,
            DelegateDeclarationSyntax type => type.Identifier,
            _ => default,
        }
        let ending = EndingOf(name.Text)
        where ending is not null
        select file.Break(name.GetLocation(), $"a name that ends in {ending} hides what {name.Text} is");

    private static IEnumerable<Finding> Places(SourceFile file) =>
        EmptyPlaces(file).Concat(
            from folder in file.Path.Split('/')[..^1]
            where Layers.Contains(folder, StringComparer.Ordinal)
            select file.Break($"the folder {folder} names a layer; folders are concepts"));

    private static IEnumerable<Finding> EmptyPlaces(SourceFile file) =>
        from part in file.Path.Split('/')
        let ending = EndingOf(part.Split('.')[0])
        where ending is not null
        select file.Break($"a file or folder named {part} collects what has no home");

    private static string? EndingOf(string? name) =>
        name is null ? null : Array.Find(Endings, ending => name.EndsWith(ending, StringComparison.Ordinal));
}
