using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class DocumentedTests
{
    [Fact]
    public void Every_option_is_explained() => Documented.CheckOptions(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Every_metric_is_explained() => Documented.CheckMetrics(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Every_event_is_explained() => Documented.CheckEvents(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void An_option_without_a_row_and_a_row_without_an_option_are_found()
    {
        var tree = SourceTree.Of(
            ("services/A/AOptions.cs", """
                public sealed record AOptions
                {
                    public const string Section = "A";
                    public int Known { get; init; }
                    public int Unknown { get; init; }
                    public int Derived => Known + 1;
                    public IReadOnlyList<Voter> Voters { get; init; } = [];
                }
                public sealed record AServiceOptions : AOptions
                {
                    public int Added { get; init; }
                }
                public sealed record Voter
                {
                    public string Node { get; init; } = "";
                    public string Domain { get; init; } = "";
                }
                """),
            (Documented.Options,
                "| key |\n| --- |\n| `A:Known` |\n| `A:Voters` |\n| `A:Voters:0:Node` |\n| `A:Gone` |\n"));

        Documented.CheckOptions(tree).ShouldBeAt(
            "services/A/AOptions.cs:5",
            "services/A/AOptions.cs:11",
            "services/A/AOptions.cs:16",
            $"{Documented.Options}:6");
    }

    [Fact]
    public void A_metric_without_a_row_and_a_row_without_a_metric_are_found()
    {
        var tree = SourceTree.Of(
            ("services/A/Telemetry.cs", """
                class Telemetry
                {
                    private const string Rounds = "holdfast.a.rounds";
                    void M(Meter meter, string name)
                    {
                        meter.CreateCounter<long>(Rounds);
                        meter.CreateHistogram<double>("holdfast.a.pause");
                        meter.CreateGauge<int>(name);
                    }
                }
                """),
            (Documented.Metrics, "| `holdfast.a.rounds` | {round} |\n| `holdfast.a.gone` | s |\n"));

        Documented.CheckMetrics(tree).ShouldBeAt(
            "services/A/Telemetry.cs:7", "services/A/Telemetry.cs:8", $"{Documented.Metrics}:2");
    }

    [Fact]
    public void An_event_without_a_section_is_found()
    {
        var tree = SourceTree.Of(
            ("shared/Holdfast.Contracts/PeerDown.cs", "public sealed record PeerDown : IEvent;\n"),
            ("shared/Holdfast.Contracts/PeerUp.cs", "public sealed record PeerUp : IEvent;\n"),
            (Documented.Events, "# Events\n\n### `PeerUp`\n\nPeerDown is mentioned only.\n"));

        Documented.CheckEvents(tree).ShouldBeAt("shared/Holdfast.Contracts/PeerDown.cs:1");
    }
}
