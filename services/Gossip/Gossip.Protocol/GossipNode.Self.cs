using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>What this node says of itself, and what it does about what others say.</summary>
public sealed partial class GossipNode
{
    /// <summary>
    /// A node waits this long for a peer that may know its former life before it says how it came up.
    /// </summary>
    private static readonly TimeSpan AnnounceDelayMax = TimeSpan.FromSeconds(2);

    /// <summary>Two processes with one name would otherwise outbid each other with every datagram.</summary>
    private static readonly TimeSpan RaisePauseMin = TimeSpan.FromSeconds(1);

    private PeerRecord _self;
    private Instant _announceAt;
    private Instant _raisedAt;
    private bool _isAnnounced;
    private bool _hasFormerLife;

    private void Announce(Instant now)
    {
        if (_isAnnounced || (now < _announceAt && _identity.Seeds.Count > 0)) return;
        _isAnnounced = true;
        var reason = _hasFormerLife ? UpReason.Restarted : UpReason.Joined;
        _out.Changes.Add(new PeerChange.Up(_self, true, reason));
    }

    /// <summary>Somebody told something about this node.</summary>
    private void OnReport(PeerBeat report, Instant now)
    {
        var mine = _self.Version;
        if (report.Version.Generation < mine.Generation)
        {
            _hasFormerLife = true;
            return;
        }

        if (mine.State == PeerState.Left) return;
        // A later life of this node than this one knows: its clock stood back at boot. The same generation with more
        // heartbeats, or a leave that was never announced: another process bears the name, or did in this millisecond.
        var isOtherLife = report.Version.Generation > mine.Generation || report.Heartbeat > _self.Heartbeat ||
                          report.Version.State == PeerState.Left;
        if (isOtherLife)
        {
            _hasFormerLife = true;
            RaiseGeneration(report.Version.Generation, now);
            return;
        }

        var isAccused = report.Version.State != PeerState.Up && report.Version.Verdict >= mine.Verdict;
        if (isAccused || report.Version.Verdict > mine.Verdict) Refute(report.Version, now);
    }

    private void Refute(PeerVersion said, Instant now)
    {
        if (said.Verdict.Value >= VerdictMax - 2)
        {
            RaiseGeneration(said.Generation, now);
            return;
        }

        _self = _self with { Version = new PeerVersion(said.Generation, said.Verdict.Next(), PeerState.Up) };
        if (_isAnnounced) _out.Changes.Add(new PeerChange.Up(_self, true, UpReason.Refuted));
        SpeakUp(now);
    }

    private void OnFenced(Generation generation, Instant now)
    {
        if (_self.State == PeerState.Left || generation != _self.Generation) return;
        _raisedAt = now - RaisePauseMin;
        RaiseGeneration(generation, now);
    }

    private void RaiseGeneration(Generation above, Instant now)
    {
        if (now - _raisedAt < RaisePauseMin || above.Value >= GenerationMax) return;
        _raisedAt = now;
        _self = _self with
        {
            Version = new PeerVersion(new Generation(above.Value + 1), default, PeerState.Up),
            Heartbeat = 0,
        };
        _out.HasNewGeneration = true;
        if (_isAnnounced) _out.Changes.Add(new PeerChange.Up(_self, true, UpReason.Restarted));
        SpeakUp(now);
    }

    private void OnLeave(string reason, Instant now)
    {
        if (_self.State != PeerState.Left)
        {
            _self = _self with
            {
                Version = _self.Version with { Verdict = _self.Verdict.Next(), State = PeerState.Left },
            };
            _out.Changes.Add(new PeerChange.Left(_self, true, reason));
            MembersChanged(_self.Node);
        }

        // The process is about to go, so the news does not wait for a round; a repeated input repeats it.
        foreach (var peer in _peers.Values.Where(peer => peer.Record.IsMember).Take(LeaveFanOutMax))
            SendNewsTo(peer, now);
    }

    /// <summary>
    /// The next tick sends heartbeats, which carry the verdict, to every observer, and news to others.
    /// </summary>
    private void SpeakUp(Instant now)
    {
        Rumor(_self.Node);
        _nextLan = _nextWan = now;
    }
}
