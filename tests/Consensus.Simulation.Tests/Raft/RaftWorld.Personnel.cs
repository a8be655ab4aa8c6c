using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <content>An operator who adds, promotes and removes members, several at once, whatever else goes on.</content>
internal sealed partial class RaftWorld
{
    private void ActAsPersonnel()
    {
        if (_isHealed) return;
        foreach (var leader in _voters.Where(static voter => voter.Leads).ToList())
        {
            var present = leader.Node!.MembersInLog;
            var change = DrawChange(present);

            // Who is damaged does not vote: an operator asks nothing that leaves too few who do.
            var voters = present.Voters.Union(change.Promote).Except(change.Remove).ToImmutableArray();
            if (CanBearDamage(voters, more: null)) leader.Change(change);
        }

        After(Between(20, 1200), ActAsPersonnel);
    }

    private MembershipChange DrawChange(Configuration present)
    {
        var removed = present.Members.Select(static member => member.Node).Where(_ => Random.Next(4) == 0)
            .ToImmutableArray();
        return new MembershipChange
        {
            Put =
            [
                .. Names.Where(name => !present.IsMember(name) && Random.Next(2) == 0)
                    .Select(static name => new Member(name, "", "", "")),
            ],
            Promote = [.. present.Learners.Where(name => !removed.Contains(name))],
            Remove = removed,
            AcceptsEvenVoters = true,
            AcceptsUnsafeDomains = true,
        };
    }
}
