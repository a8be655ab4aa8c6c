using System.Collections.Immutable;
using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>What a leader knows of its members when it judges a change.</summary>
/// <param name="IsLive">Whether a member was heard of within the shortest election timeout.</param>
/// <param name="WhyNotCaughtUp">Why a learner has not caught up, as a sentence; null when it has.</param>
internal sealed record MembershipView(Func<NodeId, bool> IsLive, Func<NodeId, string?> WhyNotCaughtUp);

/// <summary>Judges a change of members: the configuration that it leads to, or the reason against it.</summary>
internal static class MembershipRules
{
    /// <summary>Voters at most: each one more makes every commit wait for more disks.</summary>
    public const int VotersMax = 9;

    public static (Configuration? Next, MembershipRefusal Refusal, string Detail) Judge(
        Configuration present, MembershipChange change, MembershipView view)
    {
        if (ProblemOfWords(present, change) is { } words) return (null, words.Refusal, words.Detail);
        var members = MembersAfter(present, change);
        ImmutableArray<NodeId> voters =
        [
            .. members.Select(static member => member.Node)
                .Where(node => present.Voters.Contains(node) || change.Promote.Contains(node))
                .Where(node => !change.Remove.Contains(node)),
        ];
        var problem = ProblemOfMembers(members, voters) ?? ProblemOfVoters(present, members, voters, change) ??
            ProblemOfHealth(voters, change, view);
        if (problem is { } found) return (null, found.Refusal, found.Detail);
        return ConfigurationAfter(present, change, members, voters) is { } next
            ? (next, MembershipRefusal.None, "")
            : (null, MembershipRefusal.NothingToChange, "The members are as the change wants them.");
    }

    private static (MembershipRefusal Refusal, string Detail)? ProblemOfWords(
        Configuration present, MembershipChange change)
    {
        if (change.OnlyAtVersion is { } version && version != present.Version)
        {
            return (MembershipRefusal.OtherVersion,
                $"The members are of version {present.Version}, the change is meant for {version}.");
        }

        var put = change.Put.Select(static member => member.Node).ToList();
        var named = put.Concat(change.Remove).Concat(change.Promote.Except(put)).ToList();
        if (named.GroupBy(static node => node).FirstOrDefault(static group => group.Skip(1).Any()) is { } twice)
            return (MembershipRefusal.Contradiction, $"The change names {twice.Key} twice.");
        if (change.Put.FirstOrDefault(HasLongText) is { } wordy)
        {
            return (MembershipRefusal.Contradiction,
                $"A text of {wordy.Node} has more than {Member.TextBytesMax} bytes.");
        }

        foreach (var node in change.Remove.Concat(change.Promote).Where(node => !present.IsMember(node)))
        {
            return put.Contains(node)
                ? (MembershipRefusal.LearnerNotCaughtUp, $"{node} is no learner yet; promote it once it caught up.")
                : (MembershipRefusal.UnknownMember, $"{node} is no member.");
        }

        foreach (var node in change.Promote.Where(present.IsVoter))
            return (MembershipRefusal.AlreadyVoter, $"{node} votes already.");
        return null;
    }

    private static bool HasLongText(Member member) =>
        new[] { member.Domain, member.RaftAddress, member.HttpAddress }
            .Any(static text => Encoding.UTF8.GetByteCount(text) > Member.TextBytesMax);

    private static ImmutableArray<Member> MembersAfter(Configuration present, MembershipChange change)
    {
        var kept = present.Members.Select(member =>
            change.Put.FirstOrDefault(put => put.Node == member.Node) ?? member);
        return [.. kept.Concat(change.Put.Where(put => !present.IsMember(put.Node)))];
    }

    private static (MembershipRefusal Refusal, string Detail)? ProblemOfMembers(
        ImmutableArray<Member> members, ImmutableArray<NodeId> voters)
    {
        if (voters.IsEmpty) return (MembershipRefusal.LastVoter, "Nobody would vote any more.");
        if (members.Length > Configuration.MembersMax || voters.Length > VotersMax)
        {
            return (MembershipRefusal.TooManyMembers,
                $"{members.Length} members, {voters.Length} of them voters; a group has at most " +
                $"{Configuration.MembersMax} members and {VotersMax} voters.");
        }

        return TwiceIn(members, static member => member.RaftAddress) ??
            TwiceIn(members, static member => member.HttpAddress);
    }

    private static (MembershipRefusal Refusal, string Detail)? TwiceIn(
        ImmutableArray<Member> members, Func<Member, string> addressOf)
    {
        var twice = members.Where(member => addressOf(member).Length > 0)
            .GroupBy(addressOf, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(static group => group.Skip(1).Any());
        return twice is null
            ? null
            : (MembershipRefusal.AddressTaken,
                $"{string.Join(" and ", twice.Select(static member => member.Node))} would both be at {twice.Key}.");
    }

    private static (MembershipRefusal Refusal, string Detail)? ProblemOfVoters(
        Configuration present,
        ImmutableArray<Member> members,
        ImmutableArray<NodeId> voters,
        MembershipChange change)
    {
        if (voters.Length % 2 == 0 && voters.Length != present.Voters.Length && !change.AcceptsEvenVoters)
        {
            return (MembershipRefusal.EvenVoters,
                $"{voters.Length} voters bear the loss of {(voters.Length - 1) / 2}, as {voters.Length - 1} would.");
        }

        if (change.AcceptsUnsafeDomains) return null;
        var before = VoterDomains.ProblemOf([.. present.Voters.Select(node => present.Find(node)!.Domain)]);
        var after = VoterDomains.ProblemOf(
            [.. members.Where(member => voters.Contains(member.Node)).Select(static member => member.Domain)]);
        return before is null && after is not null ? (MembershipRefusal.UnsafeDomains, after) : null;
    }

    private static (MembershipRefusal Refusal, string Detail)? ProblemOfHealth(
        ImmutableArray<NodeId> voters, MembershipChange change, MembershipView view)
    {
        foreach (var node in change.Promote)
            if (view.WhyNotCaughtUp(node) is { } reason) return (MembershipRefusal.LearnerNotCaughtUp, reason);
        var live = voters.Count(view.IsLive);
        return live > voters.Length / 2
            ? null
            : (MembershipRefusal.LosesQuorum,
                $"Of the {voters.Length} voters {live} are heard of; {(voters.Length / 2) + 1} are wanted.");
    }

    /// <summary>
    /// Where the voters stay, one entry does it; else a joint state leads from the old ones to the new, in which
    /// voters that go are members still. Null where nothing would change.
    /// </summary>
    private static Configuration? ConfigurationAfter(
        Configuration present, MembershipChange change, ImmutableArray<Member> members, ImmutableArray<NodeId> voters)
    {
        if (!voters.ToHashSet().SetEquals(present.Voters))
        {
            ImmutableArray<Member> both =
                [.. members.Where(member => present.IsVoter(member.Node) || !change.Remove.Contains(member.Node))];
            return new Configuration(present.Version + 1, both, voters, present.Voters);
        }

        ImmutableArray<Member> rest = [.. members.Where(member => !change.Remove.Contains(member.Node))];
        return rest.SequenceEqual(present.Members)
            ? null
            : new Configuration(present.Version + 1, rest, voters, []);
    }
}
