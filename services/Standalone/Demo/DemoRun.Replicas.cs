using Holdfast.Contracts;
using Holdfast.Directory;

namespace Holdfast.Standalone.Demo;

/// <summary>The replicas: placed in the cluster that will die, and again in the new home of their group.</summary>
internal sealed partial class DemoRun
{
    private ReplicaView _replicasBefore = new(new Dictionary<int, SlotRecord>(), "");

    private async Task ProvePlacedAsync(CancellationToken cancel)
    {
        ICommandAnswer? answer = null;
        await ProveAsync(Proof.Placed, async late =>
        {
            answer ??= await _replicas.DefineAsync(Victim, late);
            if (answer is CommandRefused refused)
                throw new ProofFailedException(Proof.Placed, $"DefineGroup was refused: {refused.Detail}");
            if (answer is null) return (false, "Nobody answers DefineGroup.");
            _replicasBefore = await _replicas.ViewAsync(Victims, late);
            return (_replicasBefore.AllOn(Victims), _replicasBefore.State);
        }, cancel);
        _narrator.Proven(Proof.Placed, $"{_replicasBefore.Spread()}; directory and hosts agree on every epoch");
    }

    /// <returns>How many slots run again.</returns>
    private async Task<int> ProveSlotsRecoveredAsync(CancellationToken cancel)
    {
        var home = await _replicas.HomeAsync(cancel);
        _narrator.Chapter(
            "The replicas",
            $"East also ran the {Replicas.Slots} slots of the replica group {Replicas.Group}. A group is a grain, so " +
            $"it was promoted like the others, to {home}; Recovery there marks the slots that died as unhealthy and " +
            "gives each to a live host, which starts it under a new epoch and says so.");
        var view = _replicasBefore;
        var at = await ProveAsync(Proof.SlotsRecovered, async late =>
        {
            view = await _replicas.ViewAsync(Survivors, late);
            home = await _replicas.HomeAsync(late);
            if (!view.AllOn(_system.Layout.Of(home).Except(Victims))) return (false, view.State);
            var stale = view.Slots.Values.Count(slot => slot.Epoch <= _replicasBefore.Slots[slot.Slot].Epoch);
            if (stale > 0) return (false, $"{stale} slots run under an epoch that is no higher than before.");
            var heard = view.Slots.Values.Count(
                slot => _watch.Slots.RecoveredUnder(slot.Slot) == slot.Epoch.ToString());
            return (heard == Replicas.Slots, $"A subscriber heard SlotRecovered of {heard} of {Replicas.Slots} slots.");
        }, cancel);
        foreach (var slot in view.Slots.Keys)
        {
            if (!_watch.Slots.WasUnhealthyBefore(slot))
                throw new ProofFailedException(Proof.SlotsRecovered, $"Nobody heard that slot {slot} was unhealthy.");
            if (!_watch.FenceTraces.Contains(_watch.Slots.TraceOf(slot)))
                throw new ProofFailedException(Proof.SlotsRecovered, $"Slot {slot} came back outside the trace.");
        }

        _narrator.Proven(Proof.SlotsRecovered, $"{Ms(at)} ms after the kill; {view.Spread()}");
        return view.Slots.Count;
    }
}
