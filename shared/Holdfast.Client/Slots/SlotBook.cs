using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>Something the host shall do now.</summary>
/// <param name="Slot">With this slot.</param>
/// <param name="Kind">The kind of its group.</param>
/// <param name="Epoch">Under which epoch it starts, or ran.</param>
/// <param name="TraceParent">What caused it; null where nobody said.</param>
internal abstract record SlotAct(SlotId Slot, string Kind, Epoch Epoch, string? TraceParent)
{
    public sealed record Start(SlotId Slot, string Kind, Epoch Epoch, string? TraceParent)
        : SlotAct(Slot, Kind, Epoch, TraceParent);

    public sealed record Stop(SlotId Slot, string Kind, Epoch Epoch, string? TraceParent)
        : SlotAct(Slot, Kind, Epoch, TraceParent);
}

/// <summary>What an answer of Recovery leads to.</summary>
/// <param name="Acts">To do.</param>
/// <param name="Refused">Orders that are not followed, each with the reason.</param>
internal sealed record SlotOutcome(IReadOnlyList<SlotAct> Acts, IReadOnlyList<string> Refused);

/// <summary>
/// What a host has, and what it does with an order: no clock, no threads, no network. Orders are repeated until a
/// report says that they were carried out, so each is compared with what is there. An order below an epoch of the slot
/// that was seen comes from a holder that was deposed, and is refused. What ended is reported until an answer to such a
/// report does not mention the slot any more.
/// </summary>
internal sealed class SlotBook(int capacity)
{
    /// <summary>
    /// Slots whose epochs are remembered; beyond, those seen first and not here any more are forgotten.
    /// </summary>
    internal const int KnownMax = 100_000;

    private readonly Dictionary<SlotId, Entry> _entries = [];

    // Invariant: Begun <= Seen; an epoch up to Begun never starts here again.
    private readonly OrderedDictionary<SlotId, (Epoch Seen, Epoch Begun)> _known = [];

    private enum Phase
    {
        Starting,
        Running,

        /// <summary>A stop is under way.</summary>
        Stopping,

        /// <summary>A stop failed; it may still run.</summary>
        Unstopped,
        Stopped,
        Failed,
    }

    /// <summary>How many may run something.</summary>
    public int Active => _entries.Values.Count(entry => entry.IsActive);

    /// <summary>Everything there is, as it is told to Recovery.</summary>
    public IReadOnlyList<HostedSlot> Report()
    {
        foreach (var (slot, entry) in _entries.Where(pair => !pair.Value.IsActive).ToList())
            _entries[slot] = entry with { IsTold = true };
        return Peek();
    }

    /// <summary>The same for others to look at.</summary>
    public IReadOnlyList<HostedSlot> Peek() => [.. _entries.Select(pair => pair.Value.ToHosted(pair.Key))];

    /// <summary>Takes the answer to the last report.</summary>
    public SlotOutcome Take(SlotHostAnswer answer)
    {
        var (acts, refused) = (new List<SlotAct>(), new List<string>());
        var mentioned = new HashSet<SlotId>();
        foreach (var order in answer.Slots ?? [])
        {
            if (Read(order) is not ({ } slot, { } epoch))
            {
                refused.Add($"'{order?.Action}' of slot {order?.Slot} of '{order?.Group}' under '{order?.Epoch}'");
                continue;
            }

            mentioned.Add(slot);
            var wrong = order.Action == SlotOrder.Start ? TakeStart(slot, epoch, order, acts)
                : TakeStop(slot, epoch, order, acts);
            if (wrong is not null) refused.Add(wrong);
        }

        foreach (var slot in _entries.Keys.Where(slot => _entries[slot].IsTold && !mentioned.Contains(slot)).ToList())
            _entries.Remove(slot);
        return new SlotOutcome(acts, refused);
    }

    /// <summary>Stops everything.</summary>
    public IReadOnlyList<SlotAct> StopAll()
    {
        var acts = new List<SlotAct>();
        foreach (var (slot, entry) in _entries.ToList())
        {
            if (entry.Phase is Phase.Starting or Phase.Running or Phase.Unstopped)
                acts.Add(BeginStop(slot, entry, traceParent: null));
        }

        return acts;
    }

    /// <summary>A start completed. False where a stop came in between, or it is not this run any more.</summary>
    public bool Started(SlotId slot, Epoch epoch) => Move(slot, epoch, Phase.Running, null, from: [Phase.Starting]);

    /// <summary>A start failed, or a slot that ran ended by itself.</summary>
    public bool Failed(SlotId slot, Epoch epoch, string detail) =>
        Move(slot, epoch, Phase.Failed, detail, from: [Phase.Starting, Phase.Running]);

    /// <summary>A stop completed.</summary>
    public bool Stopped(SlotId slot, Epoch epoch) => Move(slot, epoch, Phase.Stopped, null, from: [Phase.Stopping]);

    /// <summary>A stop failed: it may still run, and the next order tries again.</summary>
    public bool StopFailed(SlotId slot, Epoch epoch, string detail) =>
        Move(slot, epoch, Phase.Unstopped, detail, from: [Phase.Stopping]);

    private static (SlotId? Slot, Epoch? Epoch) Read(SlotOrder? order)
    {
        if (order is null || order.Action is not (SlotOrder.Start or SlotOrder.Stop)) return default;
        if (!GroupId.IsLegal(order.Group) || order.Slot is < 0 or >= SlotId.SlotsPerGroupMax) return default;
        if (!Epoch.TryParse(order.Epoch, out var epoch) || epoch == Epoch.None) return default;
        return (new SlotId(new GroupId(order.Group), order.Slot), epoch);
    }

    private string? TakeStart(SlotId slot, Epoch epoch, SlotOrder order, List<SlotAct> acts)
    {
        var entry = _entries.GetValueOrDefault(slot);
        var (seen, begun) = _known.GetValueOrDefault(slot);
        if (entry is not null && entry.Epoch == epoch) return null; // A repeated order; the report says how far it is.
        if (epoch < seen || epoch <= begun)
        {
            if (entry is null) _entries[slot] = new Entry(seen, order.Kind, Phase.Stopped, "It ended here before.");
            return $"a start of {slot} under {epoch}: {seen} was seen";
        }

        Remember(slot, epoch, begun);
        if (entry is { IsActive: true })
        {
            // The run before must be over first; the order is repeated.
            if (entry.Phase != Phase.Stopping) acts.Add(BeginStop(slot, entry, order.TraceParent));
            return null;
        }

        Remember(slot, epoch, epoch);
        if (Active >= capacity)
        {
            _entries[slot] = new Entry(epoch, order.Kind, Phase.Failed, $"No room: the host takes {capacity}.");
            return $"a start of {slot} under {epoch}: all {capacity} places are taken";
        }

        _entries[slot] = new Entry(epoch, order.Kind, Phase.Starting, null);
        acts.Add(new SlotAct.Start(slot, order.Kind, epoch, order.TraceParent));
        return null;
    }

    private string? TakeStop(SlotId slot, Epoch epoch, SlotOrder order, List<SlotAct> acts)
    {
        var entry = _entries.GetValueOrDefault(slot);
        var (seen, begun) = _known.GetValueOrDefault(slot);
        if (entry is { IsActive: true } && entry.Epoch > epoch || epoch < seen)
            return $"a stop of {slot} under {epoch}: {seen} was seen";
        Remember(slot, epoch, epoch > begun ? epoch : begun);
        if (entry?.Phase is Phase.Starting or Phase.Running or Phase.Unstopped)
            acts.Add(BeginStop(slot, entry, order.TraceParent));
        return null;
    }

    private SlotAct.Stop BeginStop(SlotId slot, Entry entry, string? traceParent)
    {
        _entries[slot] = entry with { Phase = Phase.Stopping, Detail = null };
        return new SlotAct.Stop(slot, entry.Kind, entry.Epoch, traceParent);
    }

    private bool Move(SlotId slot, Epoch epoch, Phase to, string? detail, ReadOnlySpan<Phase> from)
    {
        if (!_entries.TryGetValue(slot, out var entry) || entry.Epoch != epoch || !from.Contains(entry.Phase))
            return false;
        _entries[slot] = entry with { Phase = to, Detail = detail };
        return true;
    }

    private void Remember(SlotId slot, Epoch seen, Epoch begun)
    {
        _known[slot] = (seen, begun);
        for (var i = 0; _known.Count > KnownMax && i < _known.Count; i++)
        {
            var oldest = _known.GetAt(i).Key;
            if (oldest == slot || _entries.ContainsKey(oldest)) continue;
            _known.RemoveAt(i);
            return;
        }
    }

    private sealed record Entry(Epoch Epoch, string Kind, Phase Phase, string? Detail)
    {
        /// <summary>A report said that it ended.</summary>
        public bool IsTold { get; init; }

        public bool IsActive => Phase is Phase.Starting or Phase.Running or Phase.Stopping or Phase.Unstopped;

        public HostedSlot ToHosted(SlotId slot) => new()
        {
            Group = slot.Group.Value,
            Slot = slot.Index,
            Epoch = Epoch.ToString(),
            State = Phase switch
            {
                Phase.Starting => HostedSlot.Starting,
                Phase.Running => HostedSlot.Up,
                Phase.Stopping or Phase.Unstopped => HostedSlot.Stopping,
                Phase.Stopped => HostedSlot.Stopped,
                _ => HostedSlot.Failed,
            },
            Detail = Detail,
        };
    }
}
