using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <content>An operator who changes figures while voters run: of one voter, of all, up and down.</content>
internal sealed partial class RaftWorld
{
    private readonly Chance _tuning;

    private void ActAsTuner()
    {
        if (_isHealed) return;
        var raft = Options.Raft;
        var wished = HotOptions.Of(raft) with
        {
            Heartbeat = _tuning.Next(3) == 0
                ? raft.Heartbeat
                : TimeSpan.FromMilliseconds(10 + (_tuning.NextDouble() * 400)),
            SnapshotEntries = 1 + _tuning.Next(raft.LogEntriesMax),
            SnapshotTrailingEntries = _tuning.Next(20),
        };
        var isForAll = _tuning.Next(2) == 0;
        var one = _voters[_tuning.Next(_voters.Count)];
        foreach (var voter in _voters.Where(voter => isForAll || voter == one).ToList())
            voter.Process.Do(() => voter.Tune(wished, isSnapshotWanted: _tuning.Next(4) == 0));
        Tunings++;
        After(_tuning.UpTo(Second), ActAsTuner);
    }
}
