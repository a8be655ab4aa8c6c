using Holdfast.Cli.Output;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Explain;

/// <summary>The explanation for people.</summary>
internal static class ExplainScreen
{
    private const int HistoryShown = 10;

    public static void Write(Screen screen, ExplainReport report)
    {
        screen.Title(new Words(report.Grain, Tone.Strong), $"  {Short(report)}");
        if (report.Record is not null) screen.Blank();
        if (report.Owner is { } owner) Owner(screen, owner);
        if (report.Record is { } record)
        {
            screen.Entry("Epoch", record.Epoch);
            screen.Entry("Kind", record.Kind);
        }

        if (report.Type?.AllowedClusters is { Count: > 0 } allowed)
            screen.Entry("Allowed", string.Join(", ", allowed));
        screen.Blank();
        screen.Heading("Now");
        foreach (var reason in report.Now) screen.Line("- ", reason.Text);
        History(screen, report.History);
        if (report.NotKnown.Count == 0) return;
        screen.Blank();
        screen.Heading("Not known");
        foreach (var gap in report.NotKnown) screen.Line(new Words("- ", Tone.Warning), gap);
    }

    private static string Short(ExplainReport report) => report.State switch
    {
        "unclaimed" => "nobody ever claimed it",
        "released" => $"released by {report.Record!.Cluster}: nobody owns it",
        "waiting" => $"owned by {report.Record!.Cluster}, not claimed yet",
        "external" when report.Record is null => "external, not registered",
        _ => $"owned by {report.Record!.Cluster}",
    };

    private static void Owner(Screen screen, OwnerPart owner)
    {
        screen.Entry("Owner", $"{owner.Cluster}{(owner.Node is { } node ? $", on {node}" : "")}");
        if (owner.Session is { } session)
        {
            screen.Entry("Session", $"{session}{(owner.SessionName is { } name ? $" ({name})" : "")}");
            screen.Entry("Alive", owner switch
            {
                { Alive: true } => new Words("yes", Tone.Good),
                { Alive: false } => new Words($"no: the session is {owner.SessionState}", Tone.Bad),
                _ => new Words("not known", Tone.Warning),
            });
        }

        if (owner is { Node: { } on, NodeState: { } state })
            screen.Entry("Node", $"{on} is {state}{(owner.Fence is { } fence ? $", fenced ({fence.Cause})" : "")}");
    }

    private static void History(Screen screen, IReadOnlyList<GrainHistoryAnswer> history)
    {
        screen.Blank();
        if (history.Count == 0)
        {
            screen.Heading("History", "nothing that the directory remembers");
            return;
        }

        screen.Heading("History", "newest first");
        screen.Table(
            ["AT", "CAUSE", "CLUSTER", "EPOCH"],
            [
                .. history.Take(HistoryShown).Select(change => (Words[])
                [
                    Spoken.Of(change.At), change.Cause, change.Record.Cluster, change.Record.Epoch,
                ]),
            ]);
        if (history.Count > HistoryShown)
            screen.Line(new Words($"{history.Count - HistoryShown} older; --json has them.", Tone.Quiet));
    }
}
