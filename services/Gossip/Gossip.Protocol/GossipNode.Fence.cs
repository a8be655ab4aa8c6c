using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// Seeing to it that a peer that is down or left is fenced. The agent that completed the conviction asks at once and
/// goes on asking; the other observers look after a while, one after the other, so that the fence does not hang on one
/// agent that may die in its turn.
/// </summary>
public sealed partial class GossipNode
{
    /// <summary>A little above the 750 ms for which a kept-alive session makes Consensus refuse.</summary>
    private static readonly TimeSpan FenceSilenceMin = TimeSpan.FromMilliseconds(800);

    // Consensus counts from its own clock's reading of a keep-alive; what it asks for may round down to nothing.
    private static readonly TimeSpan FenceRetryMin = TimeSpan.FromMilliseconds(10);

    private FenceDuty? BackupFence(Peer peer, Instant now) => RankAmongObservers(peer.Record) is >= 0 and var rank
        ? new FenceDuty { NextAt = now + (_options.FenceBackup * (rank + 1)), IsMine = false, LooksFirst = true }
        : null;

    private void AskForFences(Instant now)
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Record.IsMember) continue;
            // Observers change as members come and go; whoever is one now shares the duty.
            peer.Fence ??= BackupFence(peer, now);
            if (peer.Fence is not { IsDone: false, IsInFlight: false } duty || now < duty.NextAt) continue;
            duty.IsInFlight = true;
            _out.Fences.Add(new FenceWanted(peer.Record, [.. peer.Evidence], SilenceOf(peer, now), duty.LooksFirst));
        }
    }

    private void OnFenceAnswered(GossipInput.FenceAnswered answered, Instant now)
    {
        // The peer may have come back, or have been forgotten, while the call was under way.
        if (!_peers.TryGetValue(answered.Node, out var peer) || peer.Record.Generation != answered.Generation ||
            peer.Fence is not { } duty)
        {
            return;
        }

        duty.IsInFlight = false;
        switch (answered.Result)
        {
            case FenceResult.Fenced:
                duty.IsDone = true;
                break;
            case FenceResult.Absent:
                duty.LooksFirst = false;
                duty.NextAt = now;
                break;
            case FenceResult.NotYet:
                duty.LooksFirst = !duty.IsMine;
                duty.NextAt = now + (duty.IsMine ? FenceRetryOf(duty, answered.RetryAfter) : _options.FenceBackup);
                break;
            default:
                throw new InvariantViolatedException($"{answered.Result} is no result of a fence.");
        }
    }

    /// <summary>
    /// A dead node's last keep-alive stands against its fence for what is left of 750 ms, often much less than the
    /// pause. Who is refused after that lives: once is enough.
    /// </summary>
    private TimeSpan FenceRetryOf(FenceDuty duty, TimeSpan? asked)
    {
        if (duty.HasHurried || asked is not { } wait || wait >= _options.FenceRetry) return _options.FenceRetry;
        duty.HasHurried = true;
        return TimeSpan.FromTicks(Math.Max(wait.Ticks, FenceRetryMin.Ticks));
    }

    /// <summary>Measured now: since its heartbeat was last seen to advance, by whatever way.</summary>
    private static TimeSpan SilenceOf(Peer peer, Instant now) => now - peer.LastSign;
}
