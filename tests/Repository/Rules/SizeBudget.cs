using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>What fits on a screen and in a head. Over it, split by concept, never by layer.</summary>
internal static class SizeBudget
{
    public const int FileLinesMax = 300;
    public const int MethodLinesMax = 50;
    public const int ConstructorArgumentsMax = 6;
    public const int LineColumnsMax = 120;
    public const int ProgramLinesMax = 20;

    private static readonly string[] CodeEndings = [".cs", ".lua", ".py", ".sh"];

    public static IEnumerable<Finding> Check(SourceTree tree) =>
        tree.Files.Where(file => CodeEndings.Any(file.Path.EndsWith))
            .SelectMany(OfText)
            .Concat(tree.CSharp.SelectMany(OfSyntax));

    private static IEnumerable<Finding> OfText(SourceFile file)
    {
        var lines = file.Lines;
        var count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        if (count > FileLinesMax) yield return file.Break($"{count} lines; a file has at most {FileLinesMax}");
        if (file.Name == "Program.cs" && file.IsUnder("services") && count > ProgramLinesMax)
            yield return file.Break($"{count} lines; a table of contents has at most {ProgramLinesMax}");
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > LineColumnsMax)
                yield return file.Break(i + 1, $"{lines[i].Length} columns; a line has at most {LineColumnsMax}");
        }
    }

    private static IEnumerable<Finding> OfSyntax(SourceFile file)
    {
        foreach (var node in file.Syntax.DescendantNodes())
        {
            if (node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
                && LinesOf(node) is > MethodLinesMax and var lines)
                yield return file.Break(node, $"{lines} lines; a method has at most {MethodLinesMax}");
            if (ArgumentsOf(node) is > ConstructorArgumentsMax and var arguments)
                yield return file.Break(node, $"{arguments} arguments; a constructor has {ConstructorArgumentsMax}");
        }
    }

    private static int LinesOf(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    /// <summary>The positional properties of a record are its data, not what somebody must hand it to work.</summary>
    private static int ArgumentsOf(SyntaxNode node) => node switch
    {
        ConstructorDeclarationSyntax constructor => constructor.ParameterList.Parameters.Count,
        RecordDeclarationSyntax => 0,
        TypeDeclarationSyntax type => type.ParameterList?.Parameters.Count ?? 0,
        _ => 0,
    };
}
