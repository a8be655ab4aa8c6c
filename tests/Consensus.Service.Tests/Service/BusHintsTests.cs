using Holdfast.Consensus.Service.Leading;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class BusHintsTests
{
    private static readonly VoterOptions[] Voters =
    [
        Voter("v1", agent: null),
        Voter("v2", agent: "machine-2"),
    ];

    [Theory]
    [InlineData("v1", "v1")]
    [InlineData("machine-2", "v2")]
    [InlineData("v2", null)]
    [InlineData("machine-3", null)]
    public void News_of_a_node_is_about_the_voter_that_lives_on_it(string node, string? voter) =>
        (BusHints.VoterOn(Voters, node) is { } found ? found.Value : null).ShouldBe(voter);

    private static VoterOptions Voter(string node, string? agent) => new()
    {
        Node = new NodeId(node),
        Agent = agent is null ? null : new NodeId(agent),
        Domain = "d",
        RaftAddress = "127.0.0.1:1",
        HttpAddress = new Uri("http://127.0.0.1:2"),
    };
}
