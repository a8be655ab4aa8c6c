using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Status;

/// <summary>
/// The nodes: what every agent that was asked says of each, and what Consensus has on record. Agents on two sides of a
/// cut disagree, and that is what a person must see.
/// </summary>
internal static class MemberRows
{
    public static IReadOnlyList<MemberRow> Of(IReadOnlyList<GossipSnapshot> agents, ConsensusSnapshot? consensus)
    {
        var said = agents
            .SelectMany(agent => agent.Members.Select(member => (Agent: agent.Node, Member: member)))
            .ToLookup(word => word.Member.Node, StringComparer.Ordinal);
        var known = (consensus?.Nodes ?? []).ToDictionary(node => node.Node, StringComparer.Ordinal);
        return
        [
            .. said.Select(words => words.Key).Union(known.Keys, StringComparer.Ordinal)
                .Select(node => Of(node, [.. said[node]], known.GetValueOrDefault(node), consensus is not null))
                .OrderBy(row => row.Cluster, StringComparer.Ordinal).ThenBy(row => row.Node, StringComparer.Ordinal),
        ];
    }

    private static MemberRow Of(
        string node, IReadOnlyList<(string Agent, MemberAnswer Member)> words, NodeAnswer? known, bool isAsked)
    {
        // The same generation and verdict is the same news; what is older was not heard of yet.
        var newest = words.Select(word => word.Member)
            .OrderByDescending(member => member.Generation).ThenByDescending(member => member.Verdict)
            .FirstOrDefault();
        var generation = newest?.Generation ?? known?.Generation;
        return new MemberRow
        {
            Node = node,
            Cluster = newest?.Cluster ?? known?.Cluster ?? "",
            State = newest?.State,
            Generation = generation,
            Verdict = newest?.Verdict,
            Phi = words.Count > 0 ? words.Max(word => word.Member.Phi) : null,
            PhiThreshold = newest?.PhiThreshold,
            SilentFor = words.Select(word => word.Member.SilentFor).Max(),
            Accusers = [.. words.SelectMany(word => word.Member.Accusers).Distinct(StringComparer.Ordinal)],
            HasSession = known?.Live ?? (isAsked ? false : null),
            Fence = known?.Fence is { } fence && !(fence.Generation < generation) ? fence : null,
            Views = ViewsOf(words),
        };
    }

    private static List<MemberView> ViewsOf(IReadOnlyList<(string Agent, MemberAnswer Member)> words)
    {
        var views = words.GroupBy(word => word.Member.State, StringComparer.Ordinal)
            .Select(view => new MemberView(view.Key, [.. view.Select(word => word.Agent)]))
            .ToList();
        return views.Count > 1 ? views : [];
    }
}
