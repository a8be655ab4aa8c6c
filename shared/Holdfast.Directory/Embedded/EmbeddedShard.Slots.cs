using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>The slots of groups; the twins are put_slots.lua and slots.lua.</summary>
internal sealed partial class EmbeddedShard
{
    private readonly Dictionary<GroupId, SortedDictionary<int, SlotRecord>> _slots = [];

    public PutSlotsAnswer PutSlots(PutSlotsCall call, CallContext context)
    {
        lock (_lock)
        {
            if (UsableLocked() is not DirectoryStatus.Ok and var unusable) return Refuse(unusable, _floor);
            if (call.Token < _floor) return Refuse(DirectoryStatus.BelowFloor, _floor);
            var installed = _grants.GetValueOrDefault(call.Election);
            if (installed != call.Token) return Refuse(DirectoryStatus.GrantSuperseded, installed);
            if (!IsHomeLocked(call)) return Refuse(DirectoryStatus.NotOwner, _floor);
            var group = _slots.GetValueOrDefault(call.Group) ?? [];
            var answers = call.Slots.Select(write => Judge(write, group.GetValueOrDefault(write.New.Slot))).ToList();
            if (WorstOf(answers) is not DirectoryStatus.Ok and var worst)
                return new PutSlotsAnswer(worst, answers, BoundOf(worst, answers), Version);
            var writes = call.Slots.Where(write => group.GetValueOrDefault(write.New.Slot) != write.New).ToList();
            if (writes.Count > 0 && IsOutboxFull) return Refuse(DirectoryStatus.OutboxFull, _floor);
            if (writes.Count > 0) _slots[call.Group] = group;
            foreach (var write in writes) WriteLocked(call, write, group, context);
            return new PutSlotsAnswer(
                DirectoryStatus.Ok,
                [.. call.Slots.Select(write => new SlotAnswer(write.New.Slot, DirectoryStatus.Ok, write.New))],
                _floor,
                Version);
        }

        PutSlotsAnswer Refuse(DirectoryStatus status, Token bound) => new(status, [], bound, Version);
    }

    public SlotPage Slots(GroupId group, int first)
    {
        lock (_lock)
        {
            if (UsableLocked(worksInWindow: true, onlyReads: true) is not DirectoryStatus.Ok and var unusable)
                return new SlotPage(unusable, [], null, Version);
            var slots = _slots.GetValueOrDefault(group) ?? [];
            var end = first + DirectoryLimits.SlotsPerCallMax;
            return new SlotPage(
                DirectoryStatus.Ok,
                [.. slots.Values.Where(record => record.Slot >= first && record.Slot < end)],
                slots.Count > 0 && slots.Keys.Last() >= end ? end : null,
                Version);
        }
    }

    /// <summary>Whether a write may be carried out on the record that is there.</summary>
    private static SlotAnswer Judge(SlotWrite write, SlotRecord? now)
    {
        var status = DirectoryStatus.Ok;
        if (now == write.New) status = DirectoryStatus.Ok;
        else if (now?.Epoch != write.Expected) status = DirectoryStatus.LostRace;
        else if (now is null) status = DirectoryStatus.Ok;
        else if (write.New.Epoch < now.Epoch) status = DirectoryStatus.TokenTooLow;
        else if (!(write.New.Epoch == now.Epoch ? GoesOn(now, write.New) : MayMove(now, write.New)))
            status = DirectoryStatus.LostRace;
        return new SlotAnswer(write.New.Slot, status, now);
    }

    /// <summary>Under one epoch: forward, never back, so that a late delivery cannot undo what came after it.</summary>
    private static bool GoesOn(SlotRecord now, SlotRecord next) =>
        next.State >= now.State &&
        (next.Node == now.Node || next.Node is null) &&
        (next.State, next.Node) != (now.State, now.Node);

    /// <summary>Under a new epoch: to another node only when nobody may run it any more.</summary>
    private static bool MayMove(SlotRecord now, SlotRecord next) => now.Node is null || now.Node == next.Node;

    private static DirectoryStatus WorstOf(List<SlotAnswer> answers) =>
        answers.Exists(answer => answer.Status == DirectoryStatus.LostRace)
            ? DirectoryStatus.LostRace
            : answers.Find(answer => answer.Status != DirectoryStatus.Ok)?.Status ?? DirectoryStatus.Ok;

    private Token BoundOf(DirectoryStatus worst, List<SlotAnswer> answers) => worst == DirectoryStatus.TokenTooLow
        ? answers.Where(answer => answer.Status == worst).Max(answer => answer.Record!.Epoch.Token)
        : _floor;

    private bool IsHomeLocked(PutSlotsCall call) =>
        _records.GetValueOrDefault(call.Group.Grain) is { Tombstone: false } home &&
        home.Cluster.Value == call.Election.Scope;

    private void WriteLocked(
        PutSlotsCall call, SlotWrite write, SortedDictionary<int, SlotRecord> group, CallContext context)
    {
        var before = group.GetValueOrDefault(write.New.Slot)?.State;
        group[write.New.Slot] = write.New;

        // That one is unrecoverable is said once: that nobody may run it any more says nothing new of it.
        if (write.New.State == SlotState.Unrecoverable && before == write.New.State) return;
        var change = new SlotChange(
            context.At, write.Reason, _floor, call.Election, call.Token, call.Group, call.Kind, write.New);
        AppendLocked(SlotText.EventOf(write.New.State), SlotChangeText.Write(change), context);
    }
}
