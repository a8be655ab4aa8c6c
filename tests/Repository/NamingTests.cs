using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class NamingTests
{
    [Fact]
    public void Names_say_what_a_thing_is() => Naming.Check(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Every_empty_name_is_found()
    {
        var tree = SourceTree.Of(
            ("shared/A.cs",
                "class SessionManager;\nrecord TimeUtils;\nenum ThingCommon { A }\ndelegate void RunImpl();\n"),
            ("shared/ManagerOfFleet.cs", "class ManagerOfFleet;\n"),
            ("shared/Utils/B.cs", "class B;\n"),
            ("services/A/Models/B.cs", "class B;\n"),
            ("tests/A.cs", "class ATests { [Fact] public void Test1() { } }\n"));

        Naming.Check(tree).ShouldBeAt(
            "shared/A.cs:1", "shared/A.cs:2", "shared/A.cs:3", "shared/A.cs:4",
            "shared/Utils/B.cs:0", "services/A/Models/B.cs:0", "tests/A.cs:1");
    }
}
