using System.Globalization;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Raft.Scenarios;

/// <content>Figures that change while a voter runs; the next start goes by the old ones.</content>
internal sealed partial class Stage
{
    public void Tune(NodeId name, string[] figures)
    {
        if (_actors[name].Node is not { } node) return;
        var hot = HotOptions.Of(node.Options);
        foreach (var figure in figures)
        {
            var parts = figure.Split('=');
            var value = int.Parse(parts[1], CultureInfo.InvariantCulture);
            hot = parts[0] switch
            {
                "heartbeat" => hot with { Heartbeat = TimeSpan.FromMilliseconds(value) },
                "entries" => hot with { SnapshotEntries = value },
                "trailing" => hot with { SnapshotTrailingEntries = value },
                "lag" => hot with { LearnerLagEntriesMax = value },
                _ => throw new FormatException($"'{parts[0]}' is no figure that can be changed at run time."),
            };
        }

        Step(name, new RaftInput.Reconfigure(hot));
    }
}
