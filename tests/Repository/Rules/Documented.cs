using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>Every option, metric and event is explained in docs/, and what is explained there exists.</summary>
internal static partial class Documented
{
    public const string Options = "docs/configuration.md";
    public const string Metrics = "docs/metrics.md";
    public const string Events = "docs/events.md";

    public static IEnumerable<Finding> CheckEvents(SourceTree tree) =>
        from file in tree.CSharp
        where file.IsUnder("shared/Holdfast.Contracts")
        from type in file.Syntax.DescendantNodes().OfType<RecordDeclarationSyntax>()
        where type.BaseList?.Types.Any(parent => parent.ToString() == "IEvent") == true
        let name = type.Identifier.Text
        where !Regex.IsMatch(TextOf(tree, Events), $@"(?m)^#{{2,4}} .*\b{name}\b")
        select file.Break(type, $"the event {name} has no section in {Events}");

    public static IEnumerable<Finding> CheckMetrics(SourceTree tree)
    {
        var made = tree.Product.SelectMany(Instruments).ToList();
        var text = TextOf(tree, Metrics);
        foreach (var (file, call, name) in made)
        {
            if (name is null)
                yield return file.Break(call, "a metric's name is a literal or a constant of the same file");
            else if (!text.Contains($"`{name}`", StringComparison.Ordinal))
                yield return file.Break(call, $"the metric {name} is not explained in {Metrics}");
        }

        var names = made.Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var finding in StaleRows(tree, Metrics, names.Contains)) yield return finding;
    }

    public static IEnumerable<Finding> CheckOptions(SourceTree tree)
    {
        var text = TextOf(tree, Options);
        var keys = OptionKeys.Of(tree).ToList();
        foreach (var key in keys)
        {
            if (!key.Pattern.IsMatch(text))
                yield return key.File.Break(key.Property, $"the option `{key.Name}` is not explained in {Options}");
        }

        foreach (var finding in StaleRows(tree, Options, row => keys.Exists(key => key.Pattern.IsMatch($"`{row}`"))))
            yield return finding;
    }

    /// <summary>A row of a table starts with the name it explains, in backticks.</summary>
    [GeneratedRegex(@"^\| *`(?<name>[^`]+)`")]
    private static partial Regex Row();

    private static IEnumerable<Finding> StaleRows(SourceTree tree, string page, Func<string, bool> exists)
    {
        if (tree.Find(page) is not { } file) yield break;
        for (var i = 0; i < file.Lines.Length; i++)
        {
            if (Row().Match(file.Lines[i]) is { Success: true } row && !exists(row.Groups["name"].Value))
                yield return file.Break(i + 1, $"`{row.Groups["name"].Value}` is explained but does not exist");
        }
    }

    private static IEnumerable<(SourceFile File, InvocationExpressionSyntax Call, string? Name)> Instruments(
        SourceFile file) =>
        from call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where IsInstrument((call.Expression as MemberAccessExpressionSyntax)?.Name.Identifier.Text)
        where call.ArgumentList.Arguments.Count > 0
        select (file, call, NameOf(file, call.ArgumentList.Arguments[0].Expression));

    private static bool IsInstrument(string? method) =>
        method is "CreateCounter" or "CreateHistogram" or "CreateUpDownCounter" or "CreateGauge"
            or "CreateObservableCounter" or "CreateObservableGauge" or "CreateObservableUpDownCounter";

    private static string? NameOf(SourceFile file, ExpressionSyntax expression) =>
        expression is LiteralExpressionSyntax literal && literal.IsKind(SyntaxKind.StringLiteralExpression)
            ? literal.Token.ValueText
            : Constants.StringOf(file, expression.ToString().Split('.')[^1]);

    private static string TextOf(SourceTree tree, string path) => tree.Find(path)?.Text ?? "";
}

/// <summary>Reads string constants without a compiler.</summary>
internal static class Constants
{
    /// <summary>The value of a constant or read-only field that the file declares; null where there is none.</summary>
    public static string? StringOf(SourceFile file, string name) =>
        file.Syntax.DescendantNodes().OfType<VariableDeclaratorSyntax>()
            .Where(variable => variable.Identifier.Text == name)
            .Select(variable => (variable.Initializer?.Value as LiteralExpressionSyntax)?.Token.ValueText)
            .FirstOrDefault(value => value is not null);
}
