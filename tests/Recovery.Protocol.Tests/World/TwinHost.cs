using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol.Tests.World;

/// <summary>A host: it reports every half second, does what it is told, and says so with its next report.</summary>
internal sealed class TwinHost(NodeId node, ClusterId cluster, Generation generation, SessionId session, int capacity)
{
    private readonly SortedDictionary<string, (SlotId Id, HostedSlot Hosted)> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<SlotId, Epoch> _begun = [];
    private readonly HashSet<(SlotId, Epoch)> _up = [];
    private readonly HashSet<(SlotId, Epoch)> _over = [];
    private ulong _sequence;

    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public NodeId Node { get; } = node;

    public ClusterId Cluster { get; } = cluster;

    public SessionId Session { get; } = session;

    public Generation Generation { get; } = generation;

    /// <summary>It reports nothing, and hears nothing.</summary>
    public bool IsMute { get; set; }

    /// <summary>Consensus does not reach it: of the end of its session it hears nothing, and carries on.</summary>
    public bool IsCut { get; set; }

    /// <summary>What it starts never comes up.</summary>
    public bool IsHung { get; set; }

    /// <summary>What comes up here ends soon after.</summary>
    public bool IsFlaky { get; set; }

    /// <summary>The process is gone.</summary>
    public bool IsDead { get; set; }

    public Instant ReportsAt { get; set; }

    /// <summary>Slots that do not start here.</summary>
    public HashSet<SlotId> Failing { get; } = [];

    public IEnumerable<SlotId> Active => IsDead ? [] : _slots.Values.Where(s => s.Hosted.IsActive).Select(s => s.Id);

    /// <summary>Tells of one slot over the bus, between two reports.</summary>
    public Action<SlotId, HostedSlot> Tell { get; init; } = (_, _) => { };

    /// <summary>Whether a slot came up here under an epoch, and nobody was told yet that it ended.</summary>
    public bool IsUp(SlotId slot, Epoch epoch) => _up.Contains((slot, epoch)) && !_over.Contains((slot, epoch));

    /// <summary>An answer came to a report: what had ended by then was told.</summary>
    public void WasHeard(HostReport report) => _over.UnionWith(
        report.Slots.Where(slot => !slot.Value.IsActive).Select(slot => (slot.Key, slot.Value.Epoch)));

    // Every other number, so that a word can be put in between.
    public HostReport Report() => new()
    {
        Node = Node,
        Session = Session,
        Sequence = _sequence += 2,
        Generation = Generation,
        Capacity = capacity,
        Slots = _slots.Values.ToImmutableDictionary(slot => slot.Id, slot => slot.Hosted),
    };

    /// <summary>Takes the answer to a report; what ended is told until one does not mention it.</summary>
    public void Obey(IReadOnlyList<SlotOrder> orders)
    {
        foreach (var (key, (id, hosted)) in _slots.ToArray())
        {
            if (hosted.IsActive) GoOn(id, hosted);
            else if (orders.All(order => order.Slot != id)) _slots.Remove(key);
        }

        foreach (var order in orders)
        {
            if (order.IsStart) Start(order);
            else Stop(order);
        }
    }

    /// <summary>One of its slots ends by itself.</summary>
    public void Crash(SlotId id) => Put(id, _slots[id.ToString()].Hosted with { Stage = HostedStage.Failed });

    /// <summary>Its session is over: it stops everything.</summary>
    public void StopAll() => _slots.Clear();

    private void GoOn(SlotId id, HostedSlot hosted)
    {
        switch (hosted.Stage)
        {
            case HostedStage.Starting when Failing.Contains(id):
                Put(id, hosted with { Stage = HostedStage.Failed, Detail = "no disk" });
                break;
            case HostedStage.Starting when !IsHung:
                Put(id, hosted with { Stage = HostedStage.Running });
                break;
            case HostedStage.Running when IsFlaky:
                Put(id, hosted with { Stage = HostedStage.Failed, Detail = "flaky" });
                break;
            case HostedStage.Stopping:
                Put(id, hosted with { Stage = HostedStage.Stopped });
                break;
            default:
                break;
        }
    }

    private void Start(SlotOrder order)
    {
        var isKnown = _slots.TryGetValue(order.Slot.ToString(), out var known);
        if (isKnown && known.Hosted.Epoch == order.Epoch) return;
        var begun = _begun.GetValueOrDefault(order.Slot);
        if (order.Epoch > begun)
        {
            _begun[order.Slot] = order.Epoch;
            Put(order.Slot, new HostedSlot(order.Epoch, HostedStage.Starting));
        }
        else if (!isKnown)
        {
            Put(order.Slot, new HostedSlot(begun, HostedStage.Stopped, "It ended here before."));
        }
    }

    private void Stop(SlotOrder order)
    {
        if (!_slots.TryGetValue(order.Slot.ToString(), out var known) || known.Hosted.Epoch > order.Epoch) return;
        if (known.Hosted.Stage is HostedStage.Starting or HostedStage.Running)
            Put(order.Slot, known.Hosted with { Stage = HostedStage.Stopping });
    }

    private void Put(SlotId id, HostedSlot hosted)
    {
        _slots[id.ToString()] = (id, hosted);
        if (hosted.Stage == HostedStage.Running) _up.Add((id, hosted.Epoch));
        if (hosted.Stage is HostedStage.Running or HostedStage.Stopped or HostedStage.Failed) Tell(id, hosted);
    }
}
