namespace Holdfast.Repository;

/// <summary>A place that breaks a rule.</summary>
/// <param name="Path">Relative to the root of the repository, with slashes.</param>
/// <param name="Line">Counted from 1; 0 where the whole file is meant.</param>
/// <param name="Rule">What is wrong there, and what the rule wants.</param>
internal sealed record Finding(string Path, int Line, string Rule)
{
    public override string ToString() => Line == 0 ? $"{Path}: {Rule}" : $"{Path}:{Line}: {Rule}";
}

internal static class FindingAssertions
{
    /// <summary>Fails with every place and its rule, one a line.</summary>
    public static void ShouldBeNone(this IEnumerable<Finding> findings)
    {
        var lines = findings.Select(finding => finding.ToString()).ToList();
        Assert.True(lines.Count == 0, $"{lines.Count} broken:\n{string.Join('\n', lines)}");
    }

    /// <summary>Proves a checker: the planted violations are found, each at its place, and nothing else is.</summary>
    public static void ShouldBeAt(this IEnumerable<Finding> findings, params string[] places) =>
        findings.Select(finding => $"{finding.Path}:{finding.Line}").Order(StringComparer.Ordinal)
            .ShouldBe(places.Order(StringComparer.Ordinal));
}
