using System.Diagnostics;
using System.Globalization;
using Holdfast.Contracts;
using Holdfast.Standalone.Nodes;
using Spectre.Console;

namespace Holdfast.Standalone.Demo;

/// <summary>
/// The story for people: one line after the other, with the time since the start, on a terminal or not.
/// </summary>
internal sealed class ConsoleNarrator(IAnsiConsole console, int grains) : INarrator
{
    private const string Indent = "            ";

    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly GrainTally _promoted = new("promoted to", grains);
    private readonly GrainTally _claimed = new("claimed by", grains);

    public void Chapter(string title, string text)
    {
        lock (_gate)
        {
            console.WriteLine();
            console.MarkupLine($"[bold]{Markup.Escape(title)}[/]");
            foreach (var line in Wrap(text, Math.Min(console.Profile.Width - 1, 100)))
                console.MarkupLine($"[grey]{Markup.Escape(line)}[/]");
        }
    }

    public void Step(string text) => Write("[blue]·[/]", "", "", text);

    public void Heard(IEvent message, string? traceParent)
    {
        var text = message switch
        {
            GrainPromoted promoted => _promoted.Add(promoted.ToCluster, Ours(promoted.Grains)),
            // The first claims are part of what comes up, and told as a proof.
            GrainClaimed { ToCluster: DemoRun.Victim } => null,
            GrainClaimed claimed => _claimed.Add(claimed.ToCluster, Ours(claimed.Grains)),
            _ => EventWords.Of(message),
        };
        if (text is not null) Write("[yellow]»[/]", "yellow", message.GetType().Name, text);
    }

    public void Proven(Proof proof, string detail) =>
        Write("[green]✓[/]", "green", proof.Claim, $"({detail})");

    public void Owners(IReadOnlyList<OwnerShare> shares)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("cluster", "process", "pid", "grains", "for instance");
        foreach (var share in shares)
        {
            table.AddRow(
                share.Cluster,
                share.Node,
                share.Pid.ToString(CultureInfo.InvariantCulture),
                share.Grains.ToString(CultureInfo.InvariantCulture),
                share.Grains == 0 ? "" : $"{share.SampleGrain} under {share.SampleEpoch}");
        }

        lock (_gate) console.Write(table);
    }

    public void Succeeded(DemoResult result)
    {
        lock (_gate)
        {
            console.WriteLine();
            console.MarkupLine("[bold green]Every proof held.[/] Since the kill:");
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  detected {result.DetectMs:n0} ms, fenced {result.FenceMs:n0} ms, ") + string.Create(
                CultureInfo.InvariantCulture,
                $"promoted {result.PromoteMs:n0} ms, claimed {result.ClaimMs:n0} ms; ") + string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Grains:n0} grains, {result.SlotsRecovered} slots, {result.TraceIds} trace."));
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  The handoff: {result.HandoffFailedRequests} requests failed, the longest waited ") + string.Create(
                CultureInfo.InvariantCulture, $"{result.HandoffPauseMs:n0} ms."));
            console.MarkupLine(
                "[grey]To see a proof fail: demo --break fence (or promoter, bus, detector, recovery, handoff).[/]");
        }
    }

    public void Failed(Proof proof, string detail)
    {
        lock (_gate)
        {
            console.WriteLine();
            console.MarkupLine($"[bold red]A proof failed: {Markup.Escape(proof.Name)}.[/]");
            console.MarkupLine($"  It was to show that {Markup.Escape(proof.Claim)}.");
            console.MarkupLine($"  {Markup.Escape(detail)}");
        }
    }

    private static int Ours(IReadOnlyList<GrainChange> grains) =>
        grains.Count(grain => grain.Type == GrainOwner.GrainType);

    /// <summary>A line with its time; what does not fit goes on below its first word.</summary>
    private void Write(string mark, string colour, string head, string text)
    {
        var seconds = Stopwatch.GetElapsedTime(_startedAt).TotalSeconds;
        var time = string.Create(CultureInfo.InvariantCulture, $"[grey]{seconds,7:0.000} s[/] {mark} ");
        var lines = Wrap($"{head} {text}".Trim(), console.Profile.Width - Indent.Length - 1).ToList();
        lock (_gate)
        {
            for (var i = 0; i < lines.Count; i++)
            {
                var line = lines[i];
                var coloured = head.Length > 0 && i == 0 ? Math.Min(head.Length, line.Length) : 0;
                console.MarkupLine(
                    (i == 0 ? time : Indent) +
                    (coloured > 0 ? $"[{colour}]{Markup.Escape(line[..coloured])}[/]" : "") +
                    Markup.Escape(line[coloured..]));
            }
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + word.Length >= width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }
}

/// <summary>Many events about a few grains each, told as few lines: the first, and when all are there.</summary>
internal sealed class GrainTally(string what, int all)
{
    private int _grains;
    private int _events;

    public string? Add(string cluster, int grains)
    {
        if (grains == 0) return null;
        _grains += grains;
        _events++;
        if (_events == 1) return $"the first {grains} grains are {what} {cluster}";
        if (_grains != all) return null;
        var text = string.Create(
            CultureInfo.InvariantCulture, $"all {_grains:n0} grains are {what} {cluster}, in {_events} events");
        (_grains, _events) = (0, 0);
        return text;
    }
}
