using System.Collections.Immutable;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Consensus;

/// <summary>From the words of the wire to the machine's.</summary>
internal static class WorldText
{
    private const string Live = "live";
    private const string Fenced = "fenced";

    /// <param name="snapshot">As Consensus wrote it.</param>
    /// <param name="illegible">Told of definitions by hand that are none; the others count.</param>
    /// <exception cref="FormatException">An id or token breaks its rule.</exception>
    public static Observation Read(ConsensusSnapshot snapshot, Action<DefinitionAnswer, string> illegible)
    {
        var unread = ImmutableHashSet.CreateBuilder<GroupId>();
        var groups = GroupsOf(snapshot.Definitions, illegible, unread);
        return new Observation
        {
            Horizon = SnapshotFeed.HorizonOf(snapshot),
            Nodes = snapshot.Nodes.ToImmutableSortedDictionary(
                node => new NodeId(node.Node), node => FactsOf(node, snapshot.Sessions)),
            Sessions = snapshot.Sessions
                .Where(session => session is { Agent: false, State: Live })
                .ToImmutableDictionary(session => SessionId.Parse(session.Session), NodeOf),
            HostSessions =
            [
                .. snapshot.Sessions
                    .Where(session => session.Node is { } node && session.Name == RecoveryRoutes.SessionNameOf(node))
                    .Select(session => SessionId.Parse(session.Session)),
            ],
            Cordoned = [.. snapshot.Definitions.Select(CordonText.NodeOf).OfType<NodeId>()],
            Groups = groups,
            Illegible = unread.ToImmutable(),
        };
    }

    private static NodeId? NodeOf(SessionAnswer session) => session.Node is { } node ? new NodeId(node) : null;

    private static NodeFacts FactsOf(NodeAnswer node, IReadOnlyList<SessionAnswer> sessions) => new(
        new ClusterId(node.Cluster),
        new Generation(node.Generation),
        sessions
            .Where(session => session is { Agent: true, State: Live })
            .Where(session => session.Node == node.Node && session.Generation == node.Generation)
            .Min(session => (Token?)SessionId.Parse(session.Session).Opened),
        node.Fence is { Outcome: Fenced, Token: { } token } fence
            ? new Fence(new Generation(fence.Generation), Token.Parse(token), fence.TraceParent)
            : null);

    private static ImmutableSortedDictionary<GroupId, GroupDefinition> GroupsOf(
        IEnumerable<DefinitionAnswer> definitions,
        Action<DefinitionAnswer, string> illegible,
        ImmutableHashSet<GroupId>.Builder unread)
    {
        var groups = ImmutableSortedDictionary.CreateBuilder<GroupId, GroupDefinition>();
        var (texts, removals) = (new Dictionary<GroupId, GroupText>(), new Dictionary<GroupId, RemovalText>());
        foreach (var definition in definitions)
        {
            var (group, removed) = (GroupText.GroupOf(definition.Key), RemovalText.GroupOf(definition.Key));
            try
            {
                if (group is { } defined) texts.Add(defined, GroupText.Read(definition.Value));
                if (removed is { } gone) removals.Add(gone, RemovalText.Read(definition.Value));
            }
            catch (FormatException wrong)
            {
                if ((group ?? removed) is { } either) unread.Add(either);
                illegible(definition, wrong.Message);
            }
        }

        foreach (var (group, text) in texts.Where(text => !unread.Contains(text.Key)))
            groups.Add(group, (removals.GetValueOrDefault(group)?.Judge(text) ?? text).Definition());
        return groups.ToImmutable();
    }
}
