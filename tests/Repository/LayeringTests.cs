using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class LayeringTests
{
    public static TheoryData<string> Cores =>
    [
        .. new ProjectGraph(SourceTree.Repository).All.Where(project => project.IsCore).Select(project => project.Name),
        "Handoff.Wire",
    ];

    [Fact]
    public void Projects_keep_to_their_layer() => Layering.Check(SourceTree.Repository).ShouldBeNone();

    [Theory, MemberData(nameof(Cores))]
    public void A_built_core_references_nothing_but_the_base_library(string core)
    {
        using var assembly = File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"Holdfast.{core}.dll"));

        Layering.ForeignReferences(assembly).ShouldBeEmpty($"Holdfast.{core}.dll takes what a core must not");
    }

    [Fact]
    public void A_built_assembly_with_a_package_is_found_out()
    {
        using var assembly = File.OpenRead(typeof(LayeringTests).Assembly.Location);

        Layering.ForeignReferences(assembly).ShouldContain("Microsoft.CodeAnalysis.CSharp");
    }

    [Fact]
    public void Every_kind_of_crossing_is_found()
    {
        var tree = SourceTree.Of(
            ("services/A/A.Protocol/A.Protocol.csproj",
                Project(packages: "Polly", references: "../A.Service/A.Service.csproj")),
            ("services/A/A.Service/A.Service.csproj",
                Project(references: "../../B/B.Service/B.Service.csproj")),
            ("services/B/B.Service/B.Service.csproj",
                Project(references: "../../../shared/Holdfast.Client/Holdfast.Client.csproj")),
            ("services/Standalone/Standalone.csproj",
                Project(references: "../B/B.Service/B.Service.csproj")),
            ("shared/Holdfast.Primitives/Holdfast.Primitives.csproj", Project(packages: "Polly")),
            ("shared/Holdfast.Client/Holdfast.Client.csproj",
                Project(references: "../Holdfast.Bus/Holdfast.Bus.csproj")),
            ("shared/Holdfast.Bus/Holdfast.Bus.csproj", Project(packages: "MassTransit")),
            ("shared/X/X.csproj", Project(references: "../../services/Standalone/Standalone.csproj")));

        Layering.Check(tree).ShouldBeAt(
            "services/A/A.Protocol/A.Protocol.csproj:0",
            "services/A/A.Protocol/A.Protocol.csproj:0",
            "services/A/A.Service/A.Service.csproj:0",
            "shared/Holdfast.Primitives/Holdfast.Primitives.csproj:0",
            "shared/Holdfast.Client/Holdfast.Client.csproj:0",
            "shared/X/X.csproj:0");
    }

    private static string Project(string? packages = null, string? references = null)
    {
        var package = packages is null ? "" : $"""<PackageReference Include="{packages}" />""";
        var reference = references is null ? "" : $"""<ProjectReference Include="{references}" />""";
        return $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{package}{reference}</ItemGroup></Project>""";
    }
}
