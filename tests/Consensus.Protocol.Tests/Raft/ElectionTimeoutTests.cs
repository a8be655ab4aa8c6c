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
        var timeouts = new HashSet<TimeSpan>();
        for (var campaign = 0; campaign < 20; campaign++)
        {
            var now = node.NextDeadline;
            node.Step(RaftInput.Tick.Instance, now);
            node.Role.ShouldBe(RaftRole.PreCandidate);
            timeouts.Add(node.NextDeadline - now);
        }

        timeouts.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(9)]
    public void Voters_stand_one_after_another_so_that_each_can_be_elected_before_the_next(int voters)
    {
        ImmutableArray<NodeId> names = [.. Enumerable.Range(1, voters).Select(static i => new NodeId($"n{i}"))];
        var span = Options.ElectionTimeoutMax - Options.ElectionTimeoutMin;
        for (var seed = 0; seed < 50; seed++)
        {
            var waits = names.Where(static name => name != Leader)
                .Select((name, i) => WaitOf(Voter(name, names, (voters * seed) + i))).ToList();
            waits[0].ShouldBeGreaterThan(Options.ElectionTimeoutMin);
            (waits[0] - Options.ElectionTimeoutMin).ShouldBeLessThan(0.13 * span / (voters - 1));
            foreach (var (one, next) in waits.Zip(waits.Skip(1)))
                (next - one).ShouldBeGreaterThan(0.8 * span / (voters - 1));
            waits[^1].ShouldBeLessThan(Options.ElectionTimeoutMax);
        }
    }

    private static TimeSpan WaitOf(RaftNode node)
    {
        node.Step(new RaftInput.Received(Leader, Heartbeat(1)), Instant.Zero);
        return node.NextDeadline - Instant.Zero;
    }

    private static Heartbeat Heartbeat(ulong term) => new(new Term(term), LogIndex.Zero, Round.Zero);

    private static RaftNode Voter() => Voter(Self, [Self, Leader, new("n3")], seed: 1);

    private static RaftNode Voter(NodeId self, ImmutableArray<NodeId> voters, int seed)
    {
        var members = new Configuration(0, [.. voters.Select(static node => new Member(node, "", "", ""))], voters, []);
        return new RaftNode(self, members, Options, DurableState.Empty, new Random(seed), Instant.Zero);
    }
}
