using System.Collections.Concurrent;
using System.Collections.Immutable;
using Holdfast.Gossip.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>What an agent saw become of a peer.</summary>
internal sealed record PeerEntry(DateTime At, PeerState State, Generation Generation, Verdict Verdict, string Reason);

/// <summary>All peers at one moment.</summary>
internal sealed record MembersView(ulong Version, ImmutableArray<PeerView> Peers)
{
    public static readonly MembersView None = new(0, []);

    public PeerView? Self => Peers.FirstOrDefault(peer => peer.IsSelf);
}

/// <summary>What others read of the agent: written by its loop only, replaced as a whole.</summary>
internal sealed class GossipMembers
{
    private const int HistoryMax = 32;

    private readonly ConcurrentDictionary<NodeId, ImmutableQueue<PeerEntry>> _histories = new();
    private MembersView _current = MembersView.None;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MembersView Current => Volatile.Read(ref _current);

    /// <summary>Completes when the view is replaced the next time.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>The last changes of a peer, oldest first.</summary>
    public IReadOnlyList<PeerEntry> HistoryOf(NodeId node) =>
        _histories.TryGetValue(node, out var history) ? [.. history] : [];

    public void Publish(ImmutableArray<PeerView> peers)
    {
        var known = peers.Select(peer => peer.Record.Node).ToHashSet();
        foreach (var node in _histories.Keys.Where(node => !known.Contains(node))) _histories.TryRemove(node, out _);
        Volatile.Write(ref _current, new MembersView(_current.Version + 1, peers));
        var changed = Interlocked.Exchange(
            ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.SetResult();
    }

    public void Note(PeerChange change, DateTime at)
    {
        var peer = change.Peer;
        var entry = new PeerEntry(at, peer.State, peer.Generation, peer.Verdict, Words.ReasonOf(change));
        _histories.AddOrUpdate(peer.Node, [entry], (_, history) =>
        {
            var longer = history.Enqueue(entry);
            return longer.Count() > HistoryMax ? longer.Dequeue() : longer;
        });
    }
}
