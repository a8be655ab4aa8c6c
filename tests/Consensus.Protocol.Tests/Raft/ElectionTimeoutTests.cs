using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft;

/// <summary>How long a voter waits for its leader.</summary>
public sealed class ElectionTimeoutTests
{
    private static readonly NodeId Self = new("n1");
    private static readonly NodeId Leader = new("n2");
    private static readonly RaftOptions Options = new();

    [Fact]
    public void It_is_drawn_once_per_term_and_not_at_every_poll()
    {
        var node = Voter();
        var now = Instant.Zero;
        var drawn = new List<TimeSpan>();
        for (ulong term = 1; term <= 10; term++)
        {
            var ofTerm = new HashSet<TimeSpan>();
            for (var beat = 0; beat < 20; beat++)
            {
                now += Options.Heartbeat;
                node.Step(RaftInput.Tick.Instance, now);
                node.Step(new RaftInput.Received(Leader, Heartbeat(term)), now);
                ofTerm.Add(node.NextDeadline - now);
            }

            ofTerm.Count.ShouldBe(1, "Every silence of one term is measured by one timeout.");
            drawn.AddRange(ofTerm);
        }

        drawn.Distinct().Count().ShouldBeGreaterThan(5, "Another term draws another.");
        drawn.ShouldAllBe(timeout => timeout >= Options.ElectionTimeoutMin && timeout <= Options.ElectionTimeoutMax);
    }

    [Fact]
    public void A_campaign_that_comes_to_nothing_draws_no_other()
    {
        var node = Voter();
        node.Step(new RaftInput.Received(Leader, Heartbeat(1)), Instant.Zero);
        node.Step(new RaftInput.Persisted(new PersistenceNumber(1)), Instant.Zero);
        var timeout = node.NextDeadline - Instant.Zero;
        for (var campaign = 0; campaign < 20; campaign++)
        {
            var now = node.NextDeadline;
            node.Step(RaftInput.Tick.Instance, now);
            node.Role.ShouldBe(RaftRole.PreCandidate);
            (node.NextDeadline - now).ShouldBe(timeout);
        }
    }

    private static Heartbeat Heartbeat(ulong term) => new(new Term(term), LogIndex.Zero, Round.Zero);

    private static RaftNode Voter()
    {
        ImmutableArray<NodeId> voters = [Self, Leader, new("n3")];
        var members = new Configuration(0, [.. voters.Select(static node => new Member(node, "", "", ""))], voters, []);
        return new RaftNode(Self, members, Options, DurableState.Empty, new Random(1), Instant.Zero);
    }
}
