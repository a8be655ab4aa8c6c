using System.Collections.Immutable;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Consensus;

namespace Holdfast.Recovery.Service.Tests;

/// <summary>Groups as they stand in Consensus' definitions.</summary>
public sealed class GroupTextTests
{
    private static readonly GroupId Orders = new("orders");
    private static readonly GroupText Defined = new("replica", "east", 3, Id: Guid.NewGuid());

    [Fact]
    public void A_group_that_was_removed_is_not_brought_back_by_a_scaling_that_was_read_before_and_written_after()
    {
        var scaled = Defined with { Slots = 5 };
        var removed = Write(RemovalText.KeyOf(Orders), new RemovalText(Defined.Id!.Value).Write());

        Groups(Write(GroupText.KeyOf(Orders), scaled.Write()), removed)[Orders].Slots.ShouldBe(0);
    }

    [Fact]
    public void A_group_that_is_defined_anew_after_a_removal_is_there_again()
    {
        var removed = Write(RemovalText.KeyOf(Orders), new RemovalText(Defined.Id!.Value).Write());
        var anew = Defined with { Id = Guid.NewGuid() };

        Groups(removed, Write(GroupText.KeyOf(Orders), anew.Write()))[Orders].Slots.ShouldBe(3);
    }

    [Fact]
    public void A_definition_without_an_id_is_read_as_before() =>
        Groups(Write("group/orders", """{"kind":"replica","cluster":"east","slots":2}"""))[Orders].Slots.ShouldBe(2);

    [Fact]
    public void A_removal_that_cannot_be_read_leaves_its_group_as_it_was_known()
    {
        var world = Read(Write(GroupText.KeyOf(Orders), Defined.Write()), Write(RemovalText.KeyOf(Orders), "[]"));

        world.Groups.ShouldBeEmpty();
        world.Illegible.ShouldBe([Orders]);
    }

    private static ImmutableSortedDictionary<GroupId, GroupDefinition> Groups(params DefinitionAnswer[] definitions) =>
        Read(definitions).Groups;

    private static Observation Read(params DefinitionAnswer[] definitions) => WorldText.Read(
        new ConsensusSnapshot
        {
            Node = "v0",
            Sequence = "0000000000000001-0000000000000009",
            AppliedIndex = 9,
            SafeLayout = true,
            Nodes = [],
            Sessions = [],
            Elections = [],
            Definitions = definitions,
        },
        (_, _) => { });

    private static DefinitionAnswer Write(string key, string value) =>
        new() { Key = key, Value = value, Token = "0000000000000001" };
}
