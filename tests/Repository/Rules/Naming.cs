using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>A type is a noun that says what it is. These words say nothing and collect what has no home.</summary>
internal static class Naming
{
    private static readonly string[] Endings =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Common", "Impl"];

    public static IEnumerable<Finding> Check(SourceTree tree) =>
        tree.CSharp.SelectMany(file => Types(file).Concat(Places(file)));

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
        from part in file.Path.Split('/')
        let ending = EndingOf(part.Split('.')[0])
        where ending is not null
        select file.Break($"a file or folder named {part} collects what has no home");

    private static string? EndingOf(string? name) =>
        name is null ? null : Array.Find(Endings, ending => name.EndsWith(ending, StringComparison.Ordinal));
}
