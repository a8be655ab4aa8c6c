using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <content>What is done to the group, and how it heals.</content>
internal sealed partial class RaftWorld
{
    private void ActAsNemesis()
    {
        if (_isHealed) return;
        if (Options.CutsOnlyFollowers) CutFollower();
        else Harm();
        After(Random.NextDouble() * 2 * Options.NemesisPause, ActAsNemesis);
    }

    private void Harm()
    {
        var victim = _voters[Random.Next(_voters.Count)];
        var leader = _voters.Find(static voter => voter.Leads) ?? victim;
        if (Options.Policy != CorruptionPolicy.Refuse && Random.Next(4) == 0)
        {
            Damage(Random.Next(3) == 0 ? leader : victim);
            return;
        }

        switch (Random.Next(Options.BreaksDisks ? 14 : 11))
        {
            case 0:
                Cut([.. Names.Where(_ => Random.Next(2) == 0)]);
                break;
            case 1 or 2:
                Cut([leader.Name]);
                break;
            case 3:
                _network.CutOneWay(victim.Name, Names[Random.Next(Names.Length)]);
                break;
            case 4:
                CrashAndRestart(leader);
                break;
            case 5:
                CrashAndRestart(victim);
                break;
            case 6 when Random.Next(4) == 0:
                foreach (var voter in _voters) CrashAndRestart(voter);
                break;
            case 7:
                _network.FlipFlop(victim.Name, Names[Random.Next(Names.Length)], Between(10, 400));
                break;
            case 8:
                Suspend(Random.Next(2) == 0 ? leader : victim);
                break;
            case 11:
                FillDisk(victim);
                break;
            case 12:
                FailFlushes(victim);
                break;
            case 13 when Random.Next(4) == 0:
                Damage(victim);
                break;
            default:
                _network.Heal();
                break;
        }
    }

    /// <summary>
    /// The leader keeps its majority all the time. So whoever comes back must find it, and not depose it.
    /// </summary>
    private void CutFollower()
    {
        _network.Heal();
        _calmElections ??= Checker.Elections;
        if (Checker.Elections != _calmElections)
            throw new SafetyViolationException("Undisturbed leader", "a follower came back, and there was an election");
        if (Random.Next(3) > 0 && _voters.Find(static voter => voter.Leads) is { } leader)
            Cut([Random.Pick(Names.Remove(leader.Name))]);
    }

    private void Cut(ImmutableArray<NodeId> side)
    {
        _network.Heal();
        _network.Partition(side, Names);
    }

    private void CrashAndRestart(SimulatedVoter voter)
    {
        if (voter.Node is null) return;
        voter.Crash(losesPower: Random.Next(2) == 0);
        RestartLater(voter);
    }

    private void Suspend(SimulatedVoter voter)
    {
        voter.Process.Suspend();
        var life = voter.Process.Life;
        After(Between(10, 1500), () =>
        {
            if (life == voter.Process.Life) voter.Process.Resume();
        });
    }

    private void FailFlushes(SimulatedVoter voter)
    {
        voter.Disk.Files.FailsFlushes = true;
        After(Between(1, 300), () => voter.Disk.Files.FailsFlushes = false);
    }

    private void FillDisk(SimulatedVoter voter)
    {
        voter.Disk.Files.IsFull = true;
        After(Between(1, 1000), () => voter.Disk.Files.IsFull = false);
    }

    /// <summary>
    /// As many voters as the group can do without lose a bit while down, and do not come back, or have to recover.
    /// </summary>
    private void Damage(SimulatedVoter voter)
    {
        if (voter.IsRetired || !CanBearDamage(voter)) return;
        voter.Crash(losesPower: true);
        if (voter.Disk.TryFlipBit()) _damaged++;
        RestartLater(voter);
    }

    /// <summary>In every configuration that is committed, or that anybody counts by, be it up or down.</summary>
    private bool CanBearDamage(SimulatedVoter more)
    {
        if (Options.Joiners == 0) return CanBearDamage(_bootstrap, more);
        return CanBearDamage(Checker.Members.Configuration, more) &&
            _voters.TrueForAll(voter => CanBearDamage(voter.Members, more));
    }

    private bool CanBearDamage(Configuration members, SimulatedVoter? more) =>
        CanBearDamage(members.Voters, more) && CanBearDamage(members.Outgoing, more);

    private bool CanBearDamage(ImmutableArray<NodeId> voters, SimulatedVoter? more)
    {
        var damaged = voters.Select(VoterOf).Count(voter => voter == more || voter.Disk.IsDamaged);
        return damaged == 0 || damaged <= (voters.Length - 1) / 2;
    }

    private void Heal()
    {
        _isHealed = true;
        (_network.IsCalm, _clientNetwork.IsCalm) = (true, true);
        _network.Heal();
        foreach (var voter in _voters)
        {
            (voter.Disk.Files.IsFull, voter.Disk.Files.FailsFlushes) = (false, false);
            voter.Process.Resume();
            voter.Tune(HotOptions.Of(Options.Raft));
            if (voter.Node is null) voter.Start();
        }
    }
}
