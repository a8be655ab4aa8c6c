using System.Collections.Concurrent;
using Holdfast.Contracts;

namespace Holdfast.Standalone.Demo;

/// <summary>What a subscriber heard of the demo's replicas.</summary>
internal sealed class SlotWatch
{
    private readonly ConcurrentDictionary<int, string> _unhealthySince = new();
    private readonly ConcurrentDictionary<int, (SlotRecovered Event, string Trace)> _recovered = new();

    /// <summary>The epoch under which a slot was last announced to run; null when it was not.</summary>
    public string? RecoveredUnder(int slot) =>
        _recovered.TryGetValue(slot, out var heard) ? heard.Event.Epoch : null;

    /// <summary>The trace with which that was announced; empty when it came without.</summary>
    public string TraceOf(int slot) => _recovered.TryGetValue(slot, out var heard) ? heard.Trace : "";

    /// <summary>Whether a slot was announced as unhealthy before it was announced to run.</summary>
    public bool WasUnhealthyBefore(int slot) =>
        _unhealthySince.TryGetValue(slot, out var since) && _recovered.TryGetValue(slot, out var heard) &&
        string.CompareOrdinal(since, heard.Event.Sequence) < 0;

    public void Hear(SlotUnhealthy unhealthy)
    {
        if (unhealthy.Group == Replicas.Group.Value) _unhealthySince[unhealthy.Slot] = unhealthy.Sequence;
    }

    public void Hear(SlotRecovered recovered, string trace)
    {
        if (recovered.Group == Replicas.Group.Value) _recovered[recovered.Slot] = (recovered, trace);
    }
}
