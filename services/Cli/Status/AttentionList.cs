using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Status;

/// <summary>What of a report needs a look: each thing in one sentence, the worst first.</summary>
internal sealed class AttentionList
{
    private readonly List<AttentionItem> _items = [];

    private AttentionList()
    {
    }

    public static IReadOnlyList<AttentionItem> Of(StatusReport report, Findings findings)
    {
        var list = new AttentionList();
        list.OfConsensus(report.Consensus, findings);
        foreach (var cluster in report.Clusters) list.OfCluster(cluster, findings);
        foreach (var pause in report.Pauses) list.OfPause(pause);
        list.OfDirectory(report.Directory, findings);
        foreach (var fenced in report.Members.Where(IsFencedOut).GroupBy(FenceOf))
            list.OfFence(fenced.Key, [.. fenced]);
        foreach (var member in report.Members) list.OfMember(member);
        foreach (var group in report.Groups) list.OfGroup(group);
        list.OfSilence([.. report.Services.Where(service => !service.Reached)]);
        foreach (var service in report.Services.Where(service => service.Reached)) list.OfService(service);
        return [.. list._items.OrderBy(item => item.Severity != AttentionItem.Critical)];
    }

    private void OfConsensus(ConsensusPart part, Findings findings)
    {
        if (findings.Voters.Count > 0 && part.Voters.Count == 0)
        {
            Critical("consensus", "No voter answers: nobody is granted anything, and nothing can be promoted.");
        }
        else if (findings.Voters.Count > 0 && !part.HasQuorum)
        {
            Critical("consensus", part.Leader is null
                ? "No voter leads: nobody is granted anything, and nothing can be promoted until one does."
                : $"The leader {part.Leader} and a majority of the voters did not all answer here.");
        }

        foreach (var voter in part.Voters)
        {
            if (!voter.Answered)
                Warn($"voter/{voter.Node}", $"The voter {voter.Node} did not answer, or is not configured.");
            foreach (var alert in voter.Alerts) Warn($"voter/{voter.Node}", $"{voter.Node} reports: {alert}.");
        }

        if (part.LayoutProblem is { } layout) Critical("consensus", $"No automatic failover: {layout}");
    }

    private void OfCluster(ClusterRow cluster, Findings findings)
    {
        var about = $"cluster/{cluster.Cluster}";
        switch (cluster.Phase)
        {
            case "monitoring" when cluster.Refused is not null:
                Critical(about, $"{cluster.Cluster} owns {Spoken.Of(cluster.Stranded ?? 0, "grain")}, and Consensus " +
                    "knows no node and no session of it; they stay there until it comes back, or an operator " +
                    "forces it.");
                break;
            case "primaryUnreachable":
                Critical(about, cluster.Refused is { } refused
                    ? $"{cluster.Cluster} is unreachable, and its grains stay there: {refused}."
                    : $"{cluster.Cluster} is unreachable; its grains stay there until its grace is over or another " +
                        "inherits.");
                break;
            case "promoting":
                Critical(about, $"{cluster.Cluster} is unreachable; {cluster.By} is taking over its grains.");
                break;
            case "promoted":
                Critical(about, $"{cluster.Cluster} is unreachable; {cluster.By} has taken over its grains.");
                break;
        }

        if (cluster.Stranded > 0)
            Critical(about, $"{Spoken.Of(cluster.Stranded.Value, "grain")} of {cluster.Cluster} still belong to it.");

        var isWatched = findings.Failovers.Count > 0 && findings.Snapshot is not null;
        if (isWatched && cluster is { Failover: null, Live: > 0 })
            Warn(about, $"Nobody holds failover/{cluster.Cluster}: it can take over nothing.");
    }

    private void OfPause(PauseRow pause) => Warn(
        pause.Cluster is { } cluster ? $"cluster/{cluster}" : "failover",
        $"Automatic failover of {pause.Cluster ?? "every cluster"} is paused" +
        $"{(pause.Since is { } since ? $" since {Spoken.Of(since)}" : "")}: {pause.Reason ?? "no reason was given"}.");

    private void OfDirectory(DirectoryPart? part, Findings findings)
    {
        foreach (var failover in findings.Failovers.Select(asked => asked.Answer.Value))
        {
            if (failover?.DirectoryProblem is { } wrong)
                Critical("directory", $"{failover.Cluster} does nothing on the directory: {wrong}");
        }

        if (part is null) return;
        if (part.Problem is { } problem) Critical("directory", $"The directory cannot be asked: {problem}");
        if (part.ShardsLost.Count > 0)
        {
            Critical("directory", $"{Spoken.Of(part.ShardsLost.Count, "shard")} of the directory " +
                $"{(part.ShardsLost.Count == 1 ? "has" : "have")} no memory: {Shards(part.ShardsLost)}.");
        }

        if (part.NotConfirmed.Count > 0)
        {
            Critical("directory", $"{Spoken.Of(part.NotConfirmed.Count, "shard")} of the directory " +
                $"{(part.NotConfirmed.Count == 1 ? "is" : "are")} in another process, and nobody has confirmed that " +
                $"nothing was lost; nothing is changed there: {Shards(part.NotConfirmed)}.");
        }

        if (part.WindowsOpen.Count > 0)
        {
            Critical("directory", $"{Spoken.Of(part.WindowsOpen.Count, "shard")} lost memory, and owners are telling " +
                $"what they hold; nothing is claimed or promoted there: {Shards(part.WindowsOpen)}.");
        }

        foreach (var by in part.Troubled.GroupBy(shard => shard.By, StringComparer.Ordinal))
        {
            Warn("directory", $"The Failover of {by.Key} has trouble with {Spoken.Of(by.Count(), "shard")}: " +
                $"{by.First().Trouble}");
        }
    }

    private void OfMember(MemberRow member)
    {
        var about = $"node/{member.Node}";
        if (member.Views.Count > 0)
        {
            var views = member.Views.Select(view => $"{view.State} to {Spoken.List(view.Agents)}");
            Warn(about, $"Agents disagree about {member.Node}: {string.Join("; ", views)}.");
        }

        if (IsFencedOut(member)) return;
        if (member.State is "suspected" or "down")
        {
            Warn(about, $"{member.Node} is {member.State}" +
                $"{(member.SilentFor is { } silent ? $", silent for {Spoken.Of(silent)}" : "")}.");
        }
        else if (member is { HasSession: false, State: "up" })
        {
            Warn(about, $"{member.Node} is up, and its agent has no session in Consensus.");
        }
    }

    private static bool IsFencedOut(MemberRow member) => member is { Fence: not null, HasSession: not true };

    private static (string Cluster, string Cause) FenceOf(MemberRow member) =>
        (member.Cluster, member.Fence!.Cause ?? "no cause given");

    /// <summary>Nodes of a cluster that were fenced for the same reason are one thing to look at.</summary>
    private void OfFence((string Cluster, string Cause) fence, IReadOnlyList<MemberRow> members)
    {
        var since = members.Max(member => member.Fence!.FencedAt);
        Warn(
            members.Count == 1 ? $"node/{members[0].Node}" : $"cluster/{fence.Cluster}",
            $"{Spoken.List([.. members.Select(member => member.Node)])} {(members.Count == 1 ? "is" : "are")} fenced " +
            $"({fence.Cause}){(since is { } at ? $" since {Spoken.Of(at)}" : "")}.");
    }

    private void OfGroup(GroupRow group)
    {
        var about = $"group/{group.Group}";
        if (group.Trouble is { } trouble) Warn(about, $"The group {group.Group}: {trouble}");
        if (group.Running < group.Slots)
        {
            Warn(about, $"{Spoken.Of(group.Slots - group.Running)} of {Spoken.Of(group.Slots, "slot")} of the group " +
                $"{group.Group} {(group.Slots - group.Running == 1 ? "does" : "do")} not run" +
                $"{(group.Stuck > 0 ? $", {Spoken.Of(group.Stuck)} of them cannot be placed" : "")}.");
        }
    }

    private void OfSilence(IReadOnlyList<ServiceRow> silent)
    {
        if (silent.Count == 1)
        {
            Warn($"{silent[0].Service}/{silent[0].Address}", $"No answer of {NameOf(silent[0])}: {silent[0].Problem}.");
        }
        else if (silent.Count > 1)
        {
            var counts = silent.GroupBy(service => service.Service, StringComparer.Ordinal)
                .Select(service => $"{service.Count()} of {service.Key}");
            Warn("services", $"{silent.Count} services did not answer: {string.Join(", ", counts)}.");
        }
    }

    private void OfService(ServiceRow service)
    {
        var (about, name) = ($"{service.Service}/{service.Address}", NameOf(service));
        foreach (var waits in service.WaitsFor)
            Warn(about, $"{name} waits for {waits.Name}: {waits.Reason}");
        foreach (var warning in service.Warnings)
            Warn(about, $"{name} warns of {warning.Name}: {warning.Reason}");
        if (service is { Problem: { } problem }) Warn(about, $"{name}: {problem}.");
    }

    private static string NameOf(ServiceRow service) => $"{service.Service} at {service.Address}";

    private static string Shards(IReadOnlyList<int> shards) =>
        Spoken.List([.. shards.Select(shard => shard.ToString("x2", null))], 8);

    private void Critical(string about, string text) => _items.Add(new(AttentionItem.Critical, about, text));

    private void Warn(string about, string text) => _items.Add(new(AttentionItem.Warning, about, text));
}
