using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class LeftOversTests
{
    // In two halves, so that the rule does not find its own fixture.
    private const string Marker = "TO" + "DO";

    [Fact]
    public void Nothing_unfinished_or_careless_is_left() => LeftOvers.Check(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Markers_of_undone_work_are_found_in_every_text_file()
    {
        var tree = SourceTree.Of(
            ("a.md", $"fine\n{Marker}: later\n"), ("b.sh", $"# {Marker}\n"), ("c.cs", "// mastodons\n"));

        LeftOvers.Check(tree).ShouldBeAt("a.md:2", "b.sh:1");
    }

    [Fact]
    public void What_is_not_implemented_is_found()
    {
        var tree = SourceTree.Of(
            ("a.cs", $"class C {{ int M() => throw new {nameof(NotImplementedException)}(); }}\n"));

        LeftOvers.Check(tree).ShouldBeAt("a.cs:1");
    }

    // The clauses are planted text, each with whether the rule lets it pass; no code here catches anything.
    [Theory]
    [InlineData("catch { }", false)]
    [InlineData("catch (Exception) { /* ignored */ }", false)]
    [InlineData("catch (IOException) { }", false)]
    [InlineData("catch (Exception e) when (IsAnEnd(e)) { }", false)]
    [InlineData("catch (Exception e) when (IsAnEnd(e))\n{\n// An end is an end, however it comes.\n}", true)]
    [InlineData("catch (IOException)\n{\n// The peer is gone, and so is what it was owed.\n}", true)]
    [InlineData("catch (IOException e) { Log(e); }", true)]
    public void An_empty_catch_needs_a_name_and_a_reason(string clause, bool fine)
    {
        var tree = SourceTree.Of(("a.cs", $"class C {{ void M() {{ try {{ }}\n{clause} }} }}\n"));

        LeftOvers.Check(tree).ShouldBeAt(fine ? [] : ["a.cs:2"]);
    }

    [Fact]
    public void A_disabled_warning_without_a_reason_is_found()
    {
        var tree = SourceTree.Of(
            ("a.cs",
                "#pragma warning disable CA1 // The specification wants it.\n#pragma warning disable CA2\nclass C;\n"));

        LeftOvers.Check(tree).ShouldBeAt("a.cs:2");
    }

    [Fact]
    public void Static_state_is_found_in_the_product_only()
    {
        const string Source = "class C\n{\nstatic int _count;\nstatic readonly int Fixed;\nconst int Max = 1;\n}\n";
        var tree = SourceTree.Of(("shared/a.cs", Source), ("tests/a.cs", Source));

        LeftOvers.Check(tree).ShouldBeAt("shared/a.cs:3");
    }

    [Fact]
    public void A_test_that_pauses_is_found()
    {
        // Planted text: the rule must find the first two pauses; the endless wait with a way out is fine.
        const string Source =
            "class C\n{\nvoid M()\n{\nTask.Delay(1);\nThread.Sleep(1);\nTask.Delay(Timeout.Infinite, stop);\n}\n}\n";
        var tree = SourceTree.Of(("tests/a.cs", Source), ("shared/a.cs", Source));

        LeftOvers.Check(tree).ShouldBeAt("tests/a.cs:5", "tests/a.cs:6");
    }
}
