using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <content>Those who read at any voter, and those who tell voters that others are dead.</content>
internal sealed partial class RaftWorld
{
    private void ActAsReader()
    {
        if (_isHealed) return;
        var voter = _voters[Random.Next(_voters.Count)];
        voter.Process.Do(() => voter.Read(NextQuestion()));
        After(Between(1, 20), ActAsReader);
    }

    private void ActAsObserver()
    {
        if (_isHealed) return;
        var leader = (_voters.Find(static voter => voter.Leads) ?? _voters[0]).Name;
        var suspect = Random.Next(2) == 0 ? Names[Random.Next(Names.Length)] : leader;
        var believers = _voters.Where(_ => Random.Next(3) > 0).ToList();
        if (Random.Next(3) == 0)
        {
            // It lives and answers clients, but no voter; and all voters are told that it is dead.
            Cut([leader]);
            (suspect, believers) = (leader, [.. _voters]);
        }

        foreach (var voter in believers)
            voter.Hint(suspect, Random.Next(2) == 0 ? HintKind.Gone : HintKind.Suspected);
        After(Between(10, 1000), ActAsObserver);
    }
}
