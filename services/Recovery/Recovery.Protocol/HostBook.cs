using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>What is known of one host in this tenure.</summary>
/// <param name="Report">Its newest report.</param>
/// <param name="At">When it came.</param>
/// <param name="Step">The step that took it: it can speak only of what was so before.</param>
/// <param name="Predecessors">
/// Sessions of earlier hosts on the node that were heard of. While one of them has its rights, what it runs is not in
/// the report.
/// </param>
internal sealed record Host(HostReport Report, Instant At, ulong Step, IReadOnlyList<SessionId> Predecessors)
{
    /// <summary>Nobody else is left on the node who may run slots.</summary>
    public bool IsAlone(Observation world) =>
        Predecessors.All(world.IsOver) && !world.HasHost(Report.Node, before: Report.Session);
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
    /// Takes a report; false for one that came late. Of two the one of the later session counts, and within a session
    /// the higher sequence.
    /// </summary>
    public bool TryTake(HostReport report, Observation world, Instant now, ulong step)
    {
        IReadOnlyList<SessionId> predecessors = [];
        if (_hosts.TryGetValue(report.Node, out var known))
        {
            var before = known.Report;
            if (report.Session < before.Session) return false;
            if (report.Session == before.Session && report.Sequence <= before.Sequence) return false;
            predecessors = report.Session == before.Session
                ? known.Predecessors
                : [.. known.Predecessors.Append(before.Session).Where(session => !world.IsOver(session))];
        }

        _hosts[report.Node] = new Host(report, now, step, predecessors);
        return true;
    }

    /// <summary>One slot of a host that has reported; nothing is concluded from it about other slots.</summary>
    public bool TryConfirm(NodeId node, SlotId slot, HostedSlot hosted)
    {
        if (!_hosts.TryGetValue(node, out var known)) return false;
        if (known.Report.Slots.TryGetValue(slot, out var before) && before.Epoch > hosted.Epoch) return false;
        var report = known.Report with { Slots = known.Report.Slots.SetItem(slot, hosted) };
        _hosts[node] = known with { Report = report };
        return true;
    }
}
