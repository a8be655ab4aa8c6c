using Holdfast.Primitives;
using Holdfast.Simulation;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <content>What a campaign counts, and what the clients saw.</content>
internal sealed partial class RaftWorld
{
    private const long ConfigurationsMax = 300_000;

    private Judgement _judgement;

    string ISimulatedWorld.Options => Options.ToString();

    Trace ISimulatedWorld.Trace => Schedule.Trace;

    TimeSpan ISimulatedWorld.Simulated => Now - Instant.Zero;

    public IEnumerable<(string Name, long Count)> Figures =>
    [
        ("elections", Checker.Elections),
        ("acknowledged commands", Checker.Acknowledged),
        ("confirmed questions", Confirmations),
        ("snapshots taken", SnapshotsTaken),
        ("snapshots installed", SnapshotsInstalled),
        ("hand-overs", HandedOver),
        ("changes of members", Changes),
        ("figures changed", Tunings),
        ("clients' calls", _history.Operations.Count),
        ("answered calls", _history.CompletedCount),
        ("repeated requests", _voters.Sum(static voter => (long)voter.Repeats)),
        ("undecided histories", _judgement == Judgement.Undecided ? 1 : 0),
        ("damaged disks", _damaged),
        ("recovered voters", _recovered),
    ];

    private void CheckHistory()
    {
        var result = Linearizability.Check(
            new KeyModel(), _history.Checked, static call => call.Key, ConfigurationsMax);
        _judgement = result.Judgement;
        if (result.Judgement == Judgement.NotLinearizable)
            throw new SafetyViolationException("Linearizability", result.Reason!);
    }
}
