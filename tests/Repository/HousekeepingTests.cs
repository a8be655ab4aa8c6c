using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class HousekeepingTests
{
    // Made by deploy/secrets.sh, and in no clone.
    private const string Secrets = "deploy/secrets/";

    [Fact]
    public void The_solution_lists_every_project() => Housekeeping.CheckSolution(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Every_package_version_is_used() => Housekeeping.CheckVersions(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Every_path_in_the_words_exists() =>
        Housekeeping.CheckPaths(
            SourceTree.Repository,
            path => path.StartsWith(Secrets, StringComparison.Ordinal) ||
                Path.Exists(Path.Combine(SourceTree.Root, path)))
            .ShouldBeNone();

    [Fact]
    public void A_project_outside_the_solution_and_a_dead_entry_are_found()
    {
        var tree = SourceTree.Of(
            ("Services.sln", """
                Project("{FAE0}") = "A", "shared\A\A.csproj", "{1}"
                Project("{FAE0}") = "Gone", "shared\Gone\Gone.csproj", "{2}"
                Project("{2150}") = "shared", "shared", "{3}"
                """),
            ("shared/A/A.csproj", "<Project />"),
            ("shared/B/B.csproj", "<Project />"));

        Housekeeping.CheckSolution(tree).ShouldBeAt("shared/B/B.csproj:0", "Services.sln:0");
    }

    [Fact]
    public void A_version_that_nobody_uses_is_found()
    {
        var tree = SourceTree.Of(
            ("Directory.Packages.props",
                """
                <Project><PackageVersion Include="A" Version="1" /><PackageVersion Include="B" Version="1" /></Project>
                """),
            ("shared/A/A.csproj", """<Project><PackageReference Include="A" /></Project>"""));

        Housekeeping.CheckVersions(tree).Single().Rule.ShouldStartWith("B ");
    }

    [Fact]
    public void A_path_or_link_to_nowhere_is_found()
    {
        var tree = SourceTree.Of(
            ("README.md",
                "`shared/a.cs`\n`shared/gone.cs`\n[x](docs/a.md#top)\n[x](docs/gone.md)\n`services/<name>/x`\n"),
            ("docs/a.md", "[up](../README.md)\n[x](gone.svg)\n[web](https://example.com)\n"));
        string[] present = ["shared/a.cs", "docs/a.md", "docs/../README.md"];

        Housekeeping.CheckPaths(tree, present.Contains)
            .ShouldBeAt("README.md:2", "README.md:4", "docs/a.md:2");
    }
}
