using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>What is known of one host in this tenure.</summary>
/// <param name="Report">
/// Its newest report. Its session was in Consensus when it was first heard: a session that ended since still speaks for
/// what runs under it.
/// </param>
/// <param name="At">When it came.</param>
/// <param name="Step">The step that took it: it can speak only of what was so before.</param>
internal sealed record Host(HostReport Report, Instant At, ulong Step)
{
    /// <summary>
    /// Nobody else is left on the node who may run slots. Who was there before is on record in Consensus, since nobody
    /// is heard whose session is not.
    /// </summary>
    public bool IsAlone(Observation world) => !world.HasHost(Report.Node, before: Report.Session);
}

/// <summary>
/// The hosts that have reported since the election was won. What earlier holders heard is not known and not needed:
/// hosts repeat themselves.
/// </summary>
internal sealed class HostBook
{
    private readonly SortedDictionary<NodeId, Host> _hosts = [];

    public IEnumerable<Host> All => _hosts.Values;

    public Host? Of(NodeId node) => _hosts.GetValueOrDefault(node);

    public void Forget() => _hosts.Clear();

    /// <summary>
    /// Whether somebody is who he says: a host of slots on the node by what Consensus says of his session, or heard
    /// before.
    /// </summary>
    public bool IsGenuine(HostReport report, Observation world) =>
        world.IsHost(report.Session, report.Node) || Of(report.Node)?.Report.Session == report.Session;

    /// <summary>
    /// Takes a genuine report; false for one that came late. Of two the one of the later session counts, and within a
    /// session the higher sequence.
    /// </summary>
    public bool TryTake(HostReport report, Instant now, ulong step)
    {
        if (Of(report.Node)?.Report is { } before)
        {
            if (report.Session < before.Session) return false;
            if (report.Session == before.Session && report.Sequence <= before.Sequence) return false;
        }

        _hosts[report.Node] = new Host(report, now, step);
        return true;
    }

    /// <summary>
    /// One slot of a host that has reported; nothing is concluded from it about other slots. It may have been on its
    /// way for long, and be of an earlier process: under one epoch the stage only advances, and of a slot that the
    /// newest report does not list the next one will speak.
    /// </summary>
    public bool TryConfirm(NodeId node, SlotId slot, HostedSlot hosted)
    {
        if (!_hosts.TryGetValue(node, out var known)) return false;
        if (!known.Report.Slots.TryGetValue(slot, out var before) || before.Epoch > hosted.Epoch) return true;
        if (before.Epoch == hosted.Epoch && !hosted.IsAfter(before)) return true;
        var report = known.Report with { Slots = known.Report.Slots.SetItem(slot, hosted) };
        _hosts[node] = known with { Report = report };
        return true;
    }
}
