using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Gossip.Protocol;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service;

/// <summary>
/// Tells the log, the meters and, for changes that this agent made, the bus. A conviction is the root of the trace that
/// fence, failover and every later event continue, so its context is kept for as long as the peer is held down.
/// </summary>
internal sealed class ChangeAnnouncer(
    StateEventOutbox outbox,
    NodeOptions node,
    GossipServiceOptions options,
    TimeProvider time,
    ILogger<ChangeAnnouncer> logger)
{
    private readonly ConcurrentDictionary<NodeId, (Generation Generation, ActivityContext Context)> _traces = new();

    public void Announce(PeerChange change)
    {
        var at = time.GetUtcNow().UtcDateTime;
        Count(change);
        Write(change);
        if (change is PeerChange.Up) _traces.TryRemove(change.Peer.Node, out _);
        if (!change.IsOwn) return;
        var message = ChangeEvents.Of(change, node.Id, options.PhiThreshold, at);
        if (change is not PeerChange.Down { Conviction: { } conviction } down)
        {
            outbox.Enqueue(message, null);
            return;
        }

        using var span = Telemetry.StartRoot(Telemetry.ConvictSpan);
        Describe(span, down.Peer, conviction);
        _traces[down.Peer.Node] = (down.Peer.Generation, span.Context);
        outbox.Enqueue(message, span.Id);
    }

    /// <summary>The span of a call about a fence: a child of this agent's conviction, else a root of its own.</summary>
    public Activity StartFence(FenceWanted fence)
    {
        var isKnown = _traces.TryGetValue(fence.Peer.Node, out var trace) && trace.Generation == fence.Peer.Generation;
        var span = isKnown
            ? Telemetry.StartChild(Telemetry.FenceSpan, trace.Context)
            : Telemetry.StartRoot(Telemetry.FenceSpan);
        span.SetTag("holdfast.peer", fence.Peer.Node.Value);
        span.SetTag("holdfast.generation", fence.Peer.Generation.ToString());
        span.SetTag("holdfast.cause", Words.CauseOf(fence));
        return span;
    }

    private static void Describe(Activity span, PeerRecord peer, Conviction conviction)
    {
        span.SetTag("holdfast.peer", peer.Node.Value);
        span.SetTag("holdfast.cluster", peer.Cluster.Value);
        span.SetTag("holdfast.generation", peer.Generation.ToString());
        span.SetTag("holdfast.phi", conviction.Phi);
        span.SetTag("holdfast.observers", conviction.Votes.Length);
        span.SetTag("holdfast.cut", conviction.CutId);
        Telemetry.Silence.Record(conviction.Votes.Max(vote => vote.SilentFor).TotalSeconds);
    }

    private static void Count(PeerChange change) => Telemetry.Transitions.Add(
        1,
        new KeyValuePair<string, object?>("to", Words.Of(change.Peer.State)),
        new KeyValuePair<string, object?>("own", change.IsOwn));

    private void Write(PeerChange change)
    {
        var peer = change.Peer.Node.Value;
        switch (change)
        {
            case PeerChange.Up up:
                Log.PeerUp(logger, peer, Words.Of(up.Reason), up.Peer.Generation.Value, up.Peer.Verdict.Value);
                break;
            case PeerChange.Suspected { IsOwn: true } own:
                Log.PeerSuspected(logger, peer, own.Phi, own.SilentFor);
                break;
            case PeerChange.Suspected:
                Log.PeerSuspectedByOthers(logger, peer);
                break;
            case PeerChange.Down { Conviction: { } c }:
                Log.PeerDown(logger, peer, c.Votes.Length, c.VotesWanted, Words.Of(c), c.CutId);
                break;
            case PeerChange.Down:
                Log.PeerDownByOthers(logger, peer);
                break;
            default:
                Log.PeerLeft(logger, peer);
                break;
        }
    }
}
