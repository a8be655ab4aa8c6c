using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class SnippetsTests
{
    [Fact]
    public void The_programs_of_the_readme_are_those_that_the_tests_run() =>
        Snippets.Check(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void A_program_that_drifted_is_found()
    {
        var source = $"class A\n{{\n    {Snippets.Begin}\n    one();\n        two();\n    {Snippets.End}\n}}\n";
        var tree = SourceTree.Of(
            ("tests/Integration/A.cs", source),
            ("tests/Integration/a.py", "import pika\n"),
            ("README.md",
                "```csharp\none();\n    two();\n```\n```python\nimport pika\n```\n"
                + "```csharp\none();\n```\n```sh\nls\n```\n"));

        Snippets.Check(tree).ShouldBeAt("README.md:8");
    }
}
