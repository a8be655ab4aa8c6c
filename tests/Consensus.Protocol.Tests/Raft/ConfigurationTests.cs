using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft;

/// <summary>Who is in a group, as a value: its bytes, its majorities, and what may not follow it.</summary>
public sealed class ConfigurationTests
{
    private static readonly Config Tests = Config.QuickThrowOnFailure.WithMaxTest(300);
    private static readonly MembershipView AllWell = new(static _ => true, static _ => null);

    private static Arbitrary<int> Seeds => Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    [Fact]
    public void A_configuration_is_read_as_it_was_written_and_not_at_all_where_a_byte_is_missing() =>
        Check.One(Tests, Prop.ForAll(Seeds, static seed =>
        {
            var configuration = Draw(new Random(seed));
            var bytes = configuration.Encoded.Span;
            var read = ConfigurationCodec.TryRead(bytes);
            read.ShouldBe(configuration);
            read!.ToString().ShouldBe(configuration.ToString());
            for (var length = 0; length < bytes.Length; length++)
                ConfigurationCodec.TryRead(bytes[..length]).ShouldBeNull();
            ConfigurationCodec.TryRead([.. bytes, 0]).ShouldBeNull();
        }));

    [Fact]
    public void Flipped_bits_are_no_configuration_or_another_one_and_never_a_crash() =>
        Check.One(Tests, Prop.ForAll(Seeds, static seed =>
        {
            var random = new Random(seed);
            var bytes = Draw(random).Encoded.ToArray();
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            if (ConfigurationCodec.TryRead(bytes) is { } other) other.Encoded.ToArray().ShouldBe(bytes);
        }));

    [Fact]
    public void A_majority_is_more_than_half_of_each_set_of_voters() =>
        Check.One(Tests, Prop.ForAll(Seeds, static seed =>
        {
            var random = new Random(seed);
            var configuration = Draw(random);
            var said = configuration.Members.Where(_ => random.Next(2) == 0).Select(static member => member.Node)
                .ToHashSet();
            var naive = new[] { configuration.Voters, configuration.Outgoing }.Where(static set => !set.IsEmpty)
                .All(set => 2 * set.Count(said.Contains) > set.Length);
            configuration.HasMajority(said.Contains).ShouldBe(naive);

            var values = configuration.Members.ToDictionary(static member => member.Node, _ => random.Next(5));
            var reached = Enumerable.Range(0, 5)
                .Last(value => value == 0 || configuration.HasMajority(node => values[node] >= value));
            configuration.ReachedByMajority(node => values[node]).ShouldBe(reached);
        }));

    [Fact]
    public void A_joint_state_shares_a_voter_with_every_majority_of_the_sets_it_leads_from_and_to() =>
        Check.One(Tests, Prop.ForAll(Seeds, static seed =>
        {
            var random = new Random(seed);
            var joint = Draw(random, isJoint: true);
            var said = joint.Members.Where(_ => random.Next(2) == 0).Select(static member => member.Node).ToHashSet();
            if (!joint.HasMajority(said.Contains)) return;
            var before = Configuration.OfVoters(joint.Outgoing);
            var after = joint.Leave();
            before.HasMajority(node => !said.Contains(node)).ShouldBeFalse();
            after.HasMajority(node => !said.Contains(node)).ShouldBeFalse();
            after.Version.ShouldBe(joint.Version + 1);
            after.IsJoint.ShouldBeFalse();
        }));

    [Fact]
    public void Two_members_may_not_have_one_address()
    {
        var present = Of("n1", "n2", "n3");
        var change = new MembershipChange { Put = [new Member(new NodeId("n4"), "d", "n2:1", "http://n4")] };
        MembershipRules.Judge(present, change, AllWell).Refusal.ShouldBe(MembershipRefusal.AddressTaken);
    }

    [Fact]
    public void A_member_moves_to_another_address_in_one_entry()
    {
        var change = new MembershipChange { Put = [new Member(new NodeId("n2"), "d", "other:1", "http://n2")] };
        var (next, _, _) = MembershipRules.Judge(Of("n1", "n2", "n3"), change, AllWell);
        next!.IsJoint.ShouldBeFalse();
        next.Find(new NodeId("n2"))!.RaftAddress.ShouldBe("other:1");
        next.IsVoter(new NodeId("n2")).ShouldBeTrue();
    }

    [Fact]
    public void More_members_than_a_group_has_are_refused()
    {
        ImmutableArray<Member> many =
            [.. Enumerable.Range(10, Configuration.MembersMax).Select(static i => MemberOf($"n{i}"))];
        MembershipRules.Judge(Of("n1"), new MembershipChange { Put = many }, AllWell)
            .Refusal.ShouldBe(MembershipRefusal.TooManyMembers);
    }

    [Fact]
    public void A_text_that_is_too_long_is_refused()
    {
        var wordy = new Member(new NodeId("n4"), new string('x', Member.TextBytesMax + 1), "n4:1", "http://n4");
        MembershipRules.Judge(Of("n1"), new MembershipChange { Put = [wordy] }, AllWell)
            .Refusal.ShouldBe(MembershipRefusal.Contradiction);
    }

    [Fact]
    public void A_learner_is_caught_up_when_a_round_takes_no_longer_than_it_may()
    {
        var rounds = new CatchUpRounds(new LogIndex(10), At(0));
        rounds.LastTook.ShouldBeNull();
        rounds.Advance(new LogIndex(9), new LogIndex(30), At(1));
        rounds.LastTook.ShouldBeNull();
        rounds.Advance(new LogIndex(10), new LogIndex(30), At(4));
        rounds.LastTook.ShouldBe(TimeSpan.FromSeconds(4));
        rounds.Running(new LogIndex(10), At(5)).ShouldBe(TimeSpan.FromSeconds(1));
        rounds.Advance(new LogIndex(31), new LogIndex(32), At(6));
        rounds.LastTook.ShouldBe(TimeSpan.FromSeconds(2));
        rounds.Advance(new LogIndex(32), new LogIndex(32), At(9));
        rounds.LastTook.ShouldBe(TimeSpan.Zero);
    }

    private static Instant At(int second) => Instant.Zero + TimeSpan.FromSeconds(second);

    private static Member MemberOf(string name) => new(new NodeId(name), "d", $"{name}:1", $"http://{name}");

    private static Configuration Of(params string[] names) => new(
        3, [.. names.Select(MemberOf)], [.. names.Select(static name => new NodeId(name))], []);

    private static Configuration Draw(Random random, bool? isJoint = null)
    {
        ImmutableArray<Member> members =
            [.. Enumerable.Range(1, 1 + random.Next(9)).Select(static i => MemberOf($"n{i}"))];
        ImmutableArray<NodeId> Some() =>
            [.. members.Where((_, i) => i == 0 || random.Next(2) == 0).Select(static member => member.Node)];
        return new Configuration(
            (ulong)random.Next(100), members, Some(), isJoint ?? random.Next(2) == 0 ? Some() : []);
    }
}
