using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class SizeBudgetTests
{
    [Fact]
    public void Files_methods_constructors_and_lines_keep_their_budget() =>
        SizeBudget.Check(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Everything_over_its_budget_is_found()
    {
        var long51 = string.Concat(Enumerable.Repeat("        ;\n", SizeBudget.MethodLinesMax - 2));
        var tree = SourceTree.Of(
            ("shared/Long.cs", new string('\n', SizeBudget.FileLinesMax + 1)),
            ("shared/Fits.cs", new string('\n', SizeBudget.FileLinesMax)),
            ("shared/Wide.cs", $"\n// {new string('x', SizeBudget.LineColumnsMax)}\n"),
            ("shared/Method.cs", $"class C\n{{\n    void M()\n    {{\n{long51}    }}\n}}\n"),
            ("shared/Many.cs", "class C(int a, int b, int c, int d, int e, int f, int g);\n"
                + "class D { D(int a, int b, int c, int d, int e, int f, int g) { } }\n"
                + "record R(int a, int b, int c, int d, int e, int f, int g);\n"),
            ("services/A/Program.cs", new string('\n', SizeBudget.ProgramLinesMax + 1)),
            ("tests/script.sh", new string('\n', SizeBudget.FileLinesMax + 1)),
            ("docs/long.md", new string('\n', SizeBudget.FileLinesMax + 1)));

        SizeBudget.Check(tree).ShouldBeAt(
            "shared/Long.cs:0",
            "shared/Wide.cs:2",
            "shared/Method.cs:3",
            "shared/Many.cs:1",
            "shared/Many.cs:2",
            "services/A/Program.cs:0",
            "tests/script.sh:0");
    }
}
