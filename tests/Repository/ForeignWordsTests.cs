using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class ForeignWordsTests
{
    [Fact]
    public void Nothing_knows_the_machine_it_was_written_on() =>
        ForeignWords.Check(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Machine_paths_foreign_hosts_and_desk_words_are_found()
    {
        // In two halves, so that the rule does not find its own fixture.
        const string Scheme = "https:" + "//";
        var tree = SourceTree.Of(
            ("a.sh", "cd /ho" + "me/somebody\ncd /tmp/holdfast\nls ${HOME}/home/x\n"),
            ("b.json",
                $"{Scheme}packages.acme.internal/v3\n{Scheme}github.com/x\n{Scheme}redis:6379\n{Scheme}10.0.0.1\n"),
            ("c.md", "as is" + "sue 12 wants\n"));

        ForeignWords.Check(tree).ShouldBeAt("a.sh:1", "b.json:1", "c.md:1");
    }
}
