using System.Collections.Concurrent;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <content>
/// Whom this voter dials: the members of its newest configuration and of the one before, so that who is removed can
/// still be told; what the settings name while nothing else is known; and who dialled and is none of these, since a
/// leader may be newer than the own configuration.
/// </content>
internal sealed partial class RaftTransport
{
    private const int AdoptedMax = 8;

    private readonly ConcurrentDictionary<NodeId, Linked> _links = new();
    private readonly Lock _linking = new();
    private Configuration _members = Configuration.Empty;
    private Configuration _membersBefore = Configuration.Empty;

    /// <summary>
    /// Listens and begins to dial. A single voter does neither, unless it lost what may name the others.
    /// </summary>
    /// <exception cref="RaftListenException">The address cannot be used.</exception>
    public void Start(Configuration members, bool isLogLost)
    {
        lock (_linking)
        {
            FollowLocked(members);
            if (isLogLost) ListenLocked();
        }
    }

    /// <summary>Other members count from now on. Never waits and never throws.</summary>
    public void Follow(Configuration members)
    {
        try
        {
            lock (_linking) FollowLocked(members);
        }
        catch (RaftListenException failure)
        {
            // It was alone until now, and cannot be reached by those that joined it.
            events.Failed(failure);
        }
    }

    /// <summary>
    /// Never waits. It goes out with <see cref="Flush"/>. What goes to somebody unknown is dropped, like what is lost.
    /// </summary>
    public void Send(Envelope envelope)
    {
        if (_links.TryGetValue(envelope.To, out var linked)) linked.Link.Send(envelope.Message);
        else telemetry.MessageDropped("out");
    }

    /// <summary>Sends what waits, as far as the sockets take it now. Never waits.</summary>
    public void Flush()
    {
        foreach (var (_, linked) in _links) linked.Link.Flush();
    }

    /// <summary>In which version a voter listens to this one; 0 where it does not.</summary>
    public uint SpokenVersion(NodeId to) => _links.TryGetValue(to, out var linked) ? linked.Link.SpokenVersion : 0;

    private void FollowLocked(Configuration members)
    {
        if (_stopping.IsCancellationRequested) return;
        (_membersBefore, _members) = (_members, members);
        var wanted = Wanted().Where(peer => peer.Node != options.Node).ToDictionary(static peer => peer.Node);
        foreach (var (node, linked) in _links)
        {
            if (wanted.TryGetValue(node, out var peer) && peer.RaftAddress == linked.Peer.RaftAddress) continue;
            if (_links.TryRemove(node, out _)) linked.End.Cancel();
        }

        foreach (var peer in wanted.Values.Where(peer => !_links.ContainsKey(peer.Node))) LinkLocked(peer);
        if (wanted.Count > 0) ListenLocked();
    }

    private void ListenLocked()
    {
        if (_listener is not null || _stopping.IsCancellationRequested) return;
        _listener = Listen();
        Track(GuardAsync(AcceptAllAsync(_listener)));
    }

    private IEnumerable<RaftVoter> Wanted()
    {
        // While no entry changed the members, the settings say where they are reached: a group that moved as a whole
        // could not commit a change of its addresses.
        var known = _members.Members
            .Select(member => (_members.Version == 0 ? SettingOf(member.Node) : null) ?? PeerOf(member))
            .OfType<RaftVoter>();
        var before = _membersBefore.Members.Where(member => !_members.IsMember(member.Node)).Select(PeerOf)
            .OfType<RaftVoter>();
        return _members.Members.IsEmpty ? options.Voters : known.Concat(before);
    }

    private RaftVoter? SettingOf(NodeId node) => options.Voters.FirstOrDefault(voter => voter.Node == node);

    private static RaftVoter? PeerOf(Member member) => PeerOf(member.Node, member.RaftAddress);

    private static RaftVoter? PeerOf(NodeId node, string address) =>
        ConsensusRules.HostAndPort(address) is var (host, port) ? new RaftVoter(node, host, port) : null;

    private void LinkLocked(RaftVoter peer)
    {
        var link = new PeerLink(
            peer, _greeter, telemetry, logger, unknown => events.Unknown(peer.Node, unknown));
        var end = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        _links[peer.Node] = new Linked(peer, link, end);
        Track(GuardAsync(link.RunAsync(end.Token)));
    }

    /// <summary>Somebody whom the own configuration does not name is answered where it says that it is.</summary>
    private void Adopt(NodeId from, string address)
    {
        lock (_linking)
        {
            if (_stopping.IsCancellationRequested || _links.ContainsKey(from)) return;
            if (PeerOf(from, address) is not { } peer) return;
            if (!options.ProvesNames && !RaftHostOptions.IsLoopback(peer.Host)) return;
            var adopted = _links.Keys
                .Where(node => !_members.IsMember(node) && !_membersBefore.IsMember(node))
                .ToList();
            if (adopted.Count >= AdoptedMax && _links.TryRemove(adopted[0], out var oldest)) oldest.End.Cancel();
            LinkLocked(peer);
        }
    }

    private sealed record Linked(RaftVoter Peer, PeerLink Link, CancellationTokenSource End);
}
