using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class ShownTests
{
    [Fact]
    public void What_a_page_says_is_shown_by_a_test_is() => ShownByTests.Check(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Every_defect_of_the_first_failover_and_every_scenario_has_a_row()
    {
        var page = SourceTree.Repository.Find("docs/protocols/failover.md")!;

        for (var defect = 1; defect <= 13; defect++)
            page.Lines.ShouldContain(line => line.StartsWith($"| D{defect} |", StringComparison.Ordinal));
        for (var scenario = 1; scenario <= 11; scenario++)
            page.Lines.ShouldContain(line => line.StartsWith($"| S{scenario} |", StringComparison.Ordinal));
    }

    [Fact]
    public void A_row_without_a_test_and_one_whose_test_is_gone_are_found()
    {
        var tree = SourceTree.Of(
            ("docs/a.md", """
                | what | shown by |
                | --- | --- |
                | this | `It_holds`, `a_story` |
                | that | by thinking |
                | more | `It_held` |

                | name | unit |
                | --- | --- |
                | `x` | {y} |
                """),
            ("tests/A/Scenarios/a_story.txt", "# A story.\n"),
            ("tests/A/ATests.cs", """
                public sealed class ATests
                {
                    [Fact]
                    public void It_holds() { }
                    public void It_held() { }
                }
                """));

        ShownByTests.Check(tree).ShouldBeAt("docs/a.md:4", "docs/a.md:5");
    }
}
