using Holdfast.Contracts.Http;
using Holdfast.Gossip.Protocol;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>What the agent knows, in the words of the contracts.</summary>
internal sealed class GossipAnswers(GossipMembers members, GossipServiceOptions options) : ISnapshotSource
{
    // JSON has no infinity, and beyond this nobody tells numbers apart.
    private const double PhiMax = 1_000;

    public IReadOnlyList<MemberAnswer> Members() => [.. members.Current.Peers.Select(Of)];

    public MemberAnswer? Self() => members.Current.Self is { } self ? Of(self) : null;

    public MemberDetailAnswer? Member(NodeId node)
    {
        if (members.Current.Peers.FirstOrDefault(peer => peer.Record.Node == node) is not { } view) return null;
        return new MemberDetailAnswer
        {
            Member = Of(view),
            Rack = view.Record.Rack,
            Heartbeat = view.Record.Heartbeat,
            IsFenced = view.IsFenced,
            Evidence = ChangeEvents.Evidence(view.Votes),
            History =
            [
                .. members.HistoryOf(node).Select(entry => new MemberHistoryEntry
                {
                    At = entry.At,
                    State = Words.Of(entry.State),
                    Generation = entry.Generation.Value,
                    Verdict = entry.Verdict.Value,
                    Reason = entry.Reason,
                }),
            ],
        };
    }

    public object Snapshot()
    {
        var view = members.Current;
        return new GossipSnapshot
        {
            Node = view.Self?.Record.Node.Value ?? "",
            Cluster = view.Self?.Record.Cluster.Value ?? "",
            Version = view.Version,
            Members = [.. view.Peers.Select(Of)],
        };
    }

    private MemberAnswer Of(PeerView view) => new()
    {
        Node = view.Record.Node.Value,
        Cluster = view.Record.Cluster.Value,
        Generation = view.Record.Generation.Value,
        Verdict = view.Record.Verdict.Value,
        State = Words.Of(view.Record.State),
        Sequence = ChangeEvents.SequenceOf(view.Record),
        Phi = Math.Round(Math.Min(view.Phi, PhiMax), 3),
        PhiThreshold = options.PhiThreshold,
        SilentFor = view.SilentFor,
        ConvictsIn = view.AccusedIn,
        Observers = [.. view.Observers.Select(node => node.Value)],
        Accusers = [.. view.Votes.Select(vote => vote.Accuser.Value)],
        Address = view.Record.Address.Value,
        HttpAddress = view.Record.HttpAddress.Length == 0 ? null : view.Record.HttpAddress,
    };
}
