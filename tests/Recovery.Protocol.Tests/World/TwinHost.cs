using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol.Tests.World;

/// <summary>A host: it reports every half second, does what it is told, and says so with its next report.</summary>
internal sealed class TwinHost(NodeId node, ClusterId cluster, Generation generation, SessionId session, int capacity)
{
    private readonly SortedDictionary<string, (SlotId Id, HostedSlot Hosted)> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<SlotId, Epoch> _highest = [];
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

    /// <summary>The process is gone.</summary>
    public bool IsDead { get; set; }

    public Instant ReportsAt { get; set; }

    /// <summary>Slots that do not start here.</summary>
    public HashSet<SlotId> Failing { get; } = [];

    public IEnumerable<SlotId> Active => IsDead ? [] : _slots.Values.Where(s => s.Hosted.IsActive).Select(s => s.Id);

    public HostReport Report() => new()
    {
        Node = Node,
        Session = Session,
        Sequence = ++_sequence,
        Generation = Generation,
        Capacity = capacity,
        Slots = _slots.Values.ToImmutableDictionary(slot => slot.Id, slot => slot.Hosted),
    };

    public void Obey(IEnumerable<SlotOrder> orders)
    {
        foreach (var (key, (id, hosted)) in _slots.ToArray()) GoOn(key, id, hosted);
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

    private void GoOn(string key, SlotId id, HostedSlot hosted)
    {
        switch (hosted.Stage)
        {
            case HostedStage.Starting when Failing.Contains(id):
                Put(id, hosted with { Stage = HostedStage.Failed, Detail = "no disk" });
                break;
            case HostedStage.Starting when !IsHung:
                Put(id, hosted with { Stage = HostedStage.Running });
                break;
            case HostedStage.Stopping:
                Put(id, hosted with { Stage = HostedStage.Stopped });
                break;
            case HostedStage.Stopped or HostedStage.Failed:
                _slots.Remove(key);
                break;
            default:
                break;
        }
    }

    private void Start(SlotOrder order)
    {
        if (_highest.GetValueOrDefault(order.Slot) > order.Epoch) return;
        if (_slots.TryGetValue(order.Slot.ToString(), out var known) && known.Hosted.Epoch == order.Epoch) return;
        _highest[order.Slot] = order.Epoch;
        Put(order.Slot, new HostedSlot(order.Epoch, HostedStage.Starting));
    }

    private void Stop(SlotOrder order)
    {
        if (!_slots.TryGetValue(order.Slot.ToString(), out var known) || known.Hosted.Epoch > order.Epoch) return;
        if (known.Hosted.Stage is HostedStage.Starting or HostedStage.Running)
            Put(order.Slot, known.Hosted with { Stage = HostedStage.Stopping });
    }

    private void Put(SlotId id, HostedSlot hosted) => _slots[id.ToString()] = (id, hosted);
}
