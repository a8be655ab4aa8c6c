using System.Globalization;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Status;

/// <summary>
/// One screen for a person in an incident: first what needs a look, then who decides, who lives, what moves, and who
/// did not answer. What is well is summed up where it is many.
/// </summary>
internal sealed class StatusScreen(Screen screen, StatusReport report, bool isAll)
{
    // More rows than this are shown only where something is wrong with them, or with --all.
    private const int RowsMax = 12;

    public void Write()
    {
        Attention();
        Consensus();
        Members();
        Clusters();
        Directory();
        Groups();
        Daemons();
        Services();
    }

    private void Attention()
    {
        var critical = report.Attention.Count(item => item.Severity == AttentionItem.Critical);
        var warnings = report.Attention.Count - critical;
        var (word, tone) = (critical, warnings) switch
        {
            ( > 0, _) => ("CRITICAL", Tone.Bad),
            (_, > 0) => ("WARNING", Tone.Warning),
            _ => ("OK", Tone.Good),
        };
        var sum = report.Attention.Count == 0
            ? "nothing needs a look"
            : $"{Spoken.Of(critical)} critical, {Spoken.Of(warnings, "warning")}";
        screen.Title(new Words(word.PadRight(13), tone), sum, new Words($"  {Spoken.Of(report.At)}", Tone.Quiet));
        foreach (var item in report.Attention)
        {
            var isCritical = item.Severity == AttentionItem.Critical;
            screen.Line(new Words(isCritical ? "! " : "- ", isCritical ? Tone.Bad : Tone.Warning), item.Text);
        }
    }

    private void Consensus()
    {
        var part = report.Consensus;
        if (part.Voters.Count == 0) return;
        screen.Blank();
        screen.Heading("Consensus", part.Leader is { } leader
            ? $"{leader} leads term {part.Term}; " +
                $"{part.Voters.Count(voter => voter.Answered)} of {part.Voters.Count} voters answer"
            : "nobody leads");
        screen.Table(
            ["VOTER", "DOMAIN", "ROLE", "LOG", "ALERTS"],
            [
                .. part.Voters.Select(voter => (Words[])
                [
                    voter.Node,
                    voter.Domain ?? "",
                    voter.Answered ? voter.Role : new Words("no answer", Tone.Bad),
                    voter.LastIndex is { } last ? Spoken.Of((long)last) : "",
                    new Words(string.Join(", ", voter.Alerts), Tone.Warning),
                ]),
            ]);
    }

    private void Members()
    {
        if (report.Members.Count == 0) return;
        var counts = report.Members.GroupBy(WordOf, StringComparer.Ordinal)
            .OrderBy(state => state.Key != "up").ThenBy(state => state.Key, StringComparer.Ordinal)
            .Select(state => $"{state.Count()} {state.Key}");
        var shown = Shown(report.Members, member =>
            member.State is not "up" || member.HasSession == false || member.Views.Count > 0);
        screen.Blank();
        screen.Heading("Members", string.Join(", ", counts));
        screen.Table(
            ["NODE", "CLUSTER", "STATE", "VERDICT", "PHI", "SESSION", "FENCE"],
            [
                .. shown.Select(member => (Words[])
                [
                    member.Node,
                    member.Cluster,
                    new Words(WordOf(member), ToneOf(member.State)),
                    member.Verdict?.ToString(CultureInfo.InvariantCulture) ?? "",
                    member.Phi?.ToString("0.0", CultureInfo.InvariantCulture) ?? "",
                    member.HasSession switch
                    {
                        true => new Words("lives", Tone.Good),
                        false => new Words("none", Tone.Bad),
                        null => "",
                    },
                    FenceOf(member),
                ]),
            ]);
        More(report.Members.Count - shown.Count, "member is up", "members are up");
    }

    private void Clusters()
    {
        if (report.Clusters.Count == 0) return;
        screen.Blank();
        screen.Heading("Clusters");
        screen.Table(
            ["CLUSTER", "LIVE", "PHASE", "PROMOTED", "STRANDED", "LOST", "FAILED"],
            [
                .. report.Clusters.Select(cluster => (Words[])
                [
                    cluster.Cluster,
                    cluster.Live is { } live ? $"{live} of {cluster.Nodes}" : $"? of {cluster.Nodes}",
                    PhaseOf(cluster),
                    Count(cluster.Promoted),
                    new Words(Count(cluster.Stranded), cluster.Stranded > 0 ? Tone.Bad : Tone.Plain),
                    Count(cluster.Lost),
                    new Words(Count(cluster.Failed), cluster.Failed > 0 ? Tone.Warning : Tone.Plain),
                ]),
            ]);
        if (!report.Clusters.Any(cluster => cluster.Failover is not null || cluster.Recovery is not null)) return;
        screen.Blank();
        screen.Heading("Grants");
        screen.Table(
            ["CLUSTER", "FAILOVER ON", "TOKEN", "RECOVERY ON", "TOKEN"],
            [
                .. report.Clusters.Select(cluster => (Words[])
                [
                    cluster.Cluster,
                    HolderOf(cluster.Failover),
                    cluster.Failover?.Token ?? "",
                    HolderOf(cluster.Recovery),
                    cluster.Recovery?.Token ?? "",
                ]),
            ]);
    }

    private void Directory()
    {
        if (report.Directory is not { } part) return;
        screen.Blank();
        if (part.Problem is { } problem)
        {
            screen.Heading("Directory", $"cannot be asked: {problem}");
            return;
        }

        string[] words =
        [
            part is { Shards: { } shards, Open: { } open }
                ? $"{open} of {shards} shards open"
                : "not asked itself (--directory)",
            .. part.NotConfirmed.Count > 0
                ? [$"{Spoken.Of(part.NotConfirmed.Count, "shard")} not confirmed"]
                : Array.Empty<string>(),
            .. part.WindowsOpen.Count > 0
                ? [$"the reassert window is open on {Spoken.Of(part.WindowsOpen.Count, "shard")}"]
                : Array.Empty<string>(),
            .. part.Troubled.Count > 0
                ? [$"trouble with {Spoken.Of(part.Troubled.Count, "shard")}"]
                : Array.Empty<string>(),
        ];
        screen.Heading("Directory", string.Join(", ", words));
    }

    private void Groups()
    {
        if (report.Groups.Count == 0) return;
        var shown = Shown(report.Groups, group => group.Running < group.Slots || group.Trouble is not null);
        screen.Blank();
        screen.Heading("Groups", $"{Spoken.Of(report.Groups.Sum(group => (long)group.Running))} of " +
            $"{Spoken.Of(report.Groups.Sum(group => (long)group.Slots), "slot")} run");
        screen.Table(
            ["GROUP", "HOME", "RUNNING", "STUCK", "TROUBLE"],
            [
                .. shown.Select(group => (Words[])
                [
                    group.Group,
                    group.Home ?? "nobody",
                    new Words(
                        $"{group.Running} of {group.Slots}", group.Running < group.Slots ? Tone.Warning : Tone.Plain),
                    new Words(Spoken.Of((long)group.Stuck), group.Stuck > 0 ? Tone.Bad : Tone.Plain),
                    group.Trouble ?? "",
                ]),
            ]);
        More(report.Groups.Count - shown.Count, "group runs", "groups run");
    }

    private void Daemons()
    {
        if (report.Daemons.Count == 0) return;
        var shown = Shown(report.Daemons, daemon => daemon.State != "serving");
        screen.Blank();
        screen.Heading("Daemons", $"{report.Daemons.Count(daemon => daemon.State == "serving")} of " +
            $"{report.Daemons.Count} serve");
        screen.Table(
            ["DAEMON", "NODE", "STATE", "BUILD", "PID", "HANDOFF"],
            [
                .. shown.Select(daemon => (Words[])
                [
                    daemon.Name,
                    daemon.Node,
                    daemon.State,
                    daemon.Build,
                    daemon.Pid?.ToString(CultureInfo.InvariantCulture) ?? "",
                    daemon.HandoffStep ?? "",
                ]),
            ]);
        More(report.Daemons.Count - shown.Count, "daemon serves", "daemons serve");
    }

    private void Services()
    {
        screen.Blank();
        screen.Heading("Services", $"{report.Services.Count(service => service.Ready)} of " +
            $"{report.Services.Count} ready");
        screen.Table(
            ["SERVICE", "ADDRESS", "STATE"],
            [
                .. report.Services.Where(service => isAll || !service.Ready).Select(service => (Words[])
                [
                    service.Service,
                    service.Address,
                    service switch
                    {
                        { Ready: true } => new Words("ready", Tone.Good),
                        { Reached: false } => new Words(service.Problem ?? "no answer", Tone.Bad),
                        { WaitsFor.Count: > 0 } => new Words(
                            $"waits for {string.Join(", ", service.WaitsFor.Select(what => what.Name))}", Tone.Warning),
                        _ => new Words(service.Problem ?? "not ready", Tone.Warning),
                    },
                ]),
            ]);
    }

    private List<T> Shown<T>(IReadOnlyList<T> rows, Func<T, bool> isUnwell) =>
        isAll || rows.Count <= RowsMax ? [.. rows] : [.. rows.Where(isUnwell)];

    private void More(int count, string one, string many)
    {
        if (count == 0) return;
        screen.Line(new Words($"{Spoken.Of(count, one, many)} and not shown; --all shows all.", Tone.Quiet));
    }

    private static string WordOf(MemberRow member) => member.State ?? "unknown";

    private static Tone ToneOf(string? state) => state switch
    {
        "up" => Tone.Good,
        "left" => Tone.Quiet,
        "suspected" => Tone.Warning,
        _ => Tone.Bad,
    };

    private Words FenceOf(MemberRow member)
    {
        if (member.Fence is not { } fence) return "";
        var ago = fence.FencedAt is { } at ? $", {Spoken.Of(report.At - at)} ago" : "";
        return new Words($"{fence.Cause ?? "fenced"}{ago}", Tone.Bad);
    }

    private Words PhaseOf(ClusterRow cluster) => cluster.Phase switch
    {
        null => "not asked",
        "monitoring" when cluster.Refused is { } refused => new Words(refused, Tone.Bad),
        "monitoring" => new Words("watched", Tone.Good),
        "primaryUnreachable" when cluster.Refused is { } refused => new Words($"refused: {refused}", Tone.Bad),
        "primaryUnreachable" => new Words($"unreachable, {GraceOf(cluster)}", Tone.Bad),
        "promoting" => new Words($"promoting by {cluster.By}", Tone.Bad),
        "promoted" => new Words($"taken over by {cluster.By}", Tone.Bad),
        var other => other,
    };

    private string GraceOf(ClusterRow cluster) => cluster.GraceOverAt - report.At is { } left
        ? left > TimeSpan.Zero ? $"{Spoken.Of(left)} of grace left" : "grace over"
        : "in grace";

    private static Words HolderOf(Grant? grant) =>
        grant is null ? new Words("nobody", Tone.Warning) : grant.Node ?? grant.Session ?? "";

    private static string Count(long? count) => count is { } known ? Spoken.Of(known) : "";
}
