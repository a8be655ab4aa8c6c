using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>A key of the configuration.</summary>
/// <param name="File">Where its property stands.</param>
/// <param name="Property">The property.</param>
/// <param name="Name">The key as a reader would write it.</param>
/// <param name="Pattern">The key in backticks; inside a list the place of the index may be written in any way.</param>
internal sealed record OptionKey(SourceFile File, PropertyDeclarationSyntax Property, string Name, Regex Pattern);

/// <summary>Finds the configuration in the source: records that name their section, and records inside them.</summary>
internal static class OptionKeys
{
    public static IEnumerable<OptionKey> Of(SourceTree tree)
    {
        var all =
            from file in tree.Product
            from type in file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
            select (file, type);
        var types = all.ToLookup(item => item.type.Identifier.Text, StringComparer.Ordinal);
        return
            from item in types.SelectMany(named => named)
            where item.type.Identifier.Text.EndsWith("Options", StringComparison.Ordinal)
            let section = SectionOf(item.type) ?? BaseOf(item.type, types).Select(SectionOf).FirstOrDefault()
            where section is not null
            from key in Keys(item.file, item.type, section, "", types)
            select key;
    }

    private static string? SectionOf(TypeDeclarationSyntax type) =>
        type.Members.OfType<FieldDeclarationSyntax>()
            .Where(field => field.Modifiers.Any(SyntaxKind.ConstKeyword))
            .SelectMany(field => field.Declaration.Variables)
            .Where(variable => variable.Identifier.Text is "Section" or "SectionName")
            .Select(variable => (variable.Initializer?.Value as LiteralExpressionSyntax)?.Token.ValueText)
            .FirstOrDefault();

    /// <summary>A service's record may add to the one of its core; both bind the same section.</summary>
    private static IEnumerable<TypeDeclarationSyntax> BaseOf(
        TypeDeclarationSyntax type, ILookup<string, (SourceFile File, TypeDeclarationSyntax Type)> types) =>
        type.BaseList?.Types.SelectMany(parent => types[parent.Type.ToString()]).Select(parent => parent.Type) ?? [];

    private static IEnumerable<OptionKey> Keys(
        SourceFile file,
        TypeDeclarationSyntax type,
        string section,
        string pattern,
        ILookup<string, (SourceFile File, TypeDeclarationSyntax Type)> types)
    {
        foreach (var property in type.Members.OfType<PropertyDeclarationSyntax>().Where(IsBound))
        {
            var name = $"{section}:{property.Identifier.Text}";
            var start = pattern.Length == 0 ? Regex.Escape(section) : pattern;
            var here = $"{start}:{property.Identifier.Text}";
            yield return new OptionKey(file, property, name, new Regex($"`{here}`"));

            // Strings and numbers end here; a record of ours has keys of its own, with an index where it is in a list.
            foreach (var inner in types[ElementOf(property.Type)].Where(inner => inner.Type != type))
            {
                foreach (var key in Keys(inner.File, inner.Type, name, $"{here}(:[^`:]+)?", types)) yield return key;
            }
        }
    }

    private static bool IsBound(PropertyDeclarationSyntax property) =>
        property.Modifiers.Any(SyntaxKind.PublicKeyword)
        && !property.Modifiers.Any(SyntaxKind.StaticKeyword)
        && property.AccessorList?.Accessors.Any(IsWritten) is true;

    private static bool IsWritten(AccessorDeclarationSyntax accessor) =>
        !accessor.IsKind(SyntaxKind.GetAccessorDeclaration);

    private static string ElementOf(TypeSyntax type) => type switch
    {
        NullableTypeSyntax nullable => ElementOf(nullable.ElementType),
        ArrayTypeSyntax array => ElementOf(array.ElementType),
        GenericNameSyntax generic => ElementOf(generic.TypeArgumentList.Arguments[^1]),
        QualifiedNameSyntax qualified => ElementOf(qualified.Right),
        IdentifierNameSyntax name => name.Identifier.Text,
        _ => "",
    };
}
