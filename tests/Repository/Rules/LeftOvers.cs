using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>What unfinished or careless work leaves behind.</summary>
internal static partial class LeftOvers
{
    public static IEnumerable<Finding> Check(SourceTree tree) =>
        tree.Files.SelectMany(Markers)
            .Concat(tree.CSharp.SelectMany(Unfinished))
            .Concat(tree.CSharp.SelectMany(EmptyCatches))
            .Concat(tree.CSharp.SelectMany(BarePragmas))
            .Concat(tree.CSharp.Where(file => !file.IsUnder("tests")).SelectMany(StaticState))
            .Concat(tree.CSharp.Where(file => file.IsUnder("tests")).SelectMany(Sleeps));

    // The words are written in two halves, so that this file does not find itself.
    [GeneratedRegex(@"\b(TO[D]O|FIX[M]E|HA[C]K|X[X]X)\b")]
    private static partial Regex Marker();

    private static IEnumerable<Finding> Markers(SourceFile file)
    {
        var lines = file.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (Marker().Match(lines[i]) is { Success: true } marker)
                yield return file.Break(i + 1, $"{marker.Value} marks work left undone: do it or decide against it");
        }
    }

    private static IEnumerable<Finding> Unfinished(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Where(name => name.Identifier.Text == nameof(NotImplementedException))
            .Where(name => !name.Ancestors().OfType<InvocationExpressionSyntax>().Any(IsNameOf))
            .Select(name => file.Break(name, "what is not implemented is not there yet"));

    private static bool IsNameOf(InvocationExpressionSyntax call) =>
        call.Expression is IdentifierNameSyntax { Identifier.Text: "nameof" };

    /// <summary>Only a named or filtered exception may be let go, and a comment inside says why.</summary>
    private static IEnumerable<Finding> EmptyCatches(SourceFile file) =>
        from clause in file.Syntax.DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0
        let named = clause.Filter is not null || clause.Declaration?.Type.ToString() is not (null or "Exception")
        let explained = clause.Block.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia))
        where !named || !explained
        select file.Break(clause, "an empty catch names its exception and says inside why nothing is to be done");

    private static IEnumerable<Finding> BarePragmas(SourceFile file) =>
        from trivia in file.Syntax.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.PragmaWarningDirectiveTrivia)
        let pragma = (PragmaWarningDirectiveTriviaSyntax)trivia.GetStructure()!
        where pragma.DisableOrRestoreKeyword.IsKind(SyntaxKind.DisableKeyword)
        where !pragma.ToFullString().Contains("//", StringComparison.Ordinal)
        select file.Break(trivia.GetLocation(), "a disabled warning says why on the same line");

    /// <summary>Several instances of a service run in one process: they must not meet in a static field.</summary>
    private static IEnumerable<Finding> StaticState(SourceFile file) =>
        from field in file.Syntax.DescendantNodes().OfType<FieldDeclarationSyntax>()
        where field.Modifiers.Any(SyntaxKind.StaticKeyword) && !field.Modifiers.Any(SyntaxKind.ReadOnlyKeyword)
        select file.Break(field, "a static field is readonly; state belongs to an instance");

    /// <summary>An endless delay that only cancellation ends is a way to wait for an event and stays allowed.</summary>
    private static IEnumerable<Finding> Sleeps(SourceFile file) =>
        from call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where call.Expression.ToString() is "Thread.Sleep" or "Task.Delay" or "System.Threading.Thread.Sleep"
        where !call.ArgumentList.Arguments[0].ToString().StartsWith("Timeout.Infinite", StringComparison.Ordinal)
        select file.Break(call, "a test awaits an event, never a pause");
}
