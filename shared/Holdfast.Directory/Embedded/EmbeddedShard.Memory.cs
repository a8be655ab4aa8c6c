using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>What a shard of the embedded directory knew at one moment.</summary>
public sealed class ShardMemory
{
    internal IReadOnlyList<GrainRecord> Records { get; init; } = [];

    internal IReadOnlyList<KeyValuePair<ElectionName, Token>> Grants { get; init; } = [];

    internal IReadOnlyList<KeyValuePair<ElectionName, PromotedWindow>> Promoted { get; init; } = [];

    internal IReadOnlyList<OutboxEntry> Outbox { get; init; } = [];

    internal IReadOnlyList<(ulong Seq, Change Change)> History { get; init; } = [];

    internal IReadOnlyList<(GroupId Group, IReadOnlyList<SlotRecord> Slots)> Slots { get; init; } = [];

    internal MemoryHead Head { get; init; } = MemoryHead.None;
}

/// <summary>What Redis keeps in <c>meta</c>.</summary>
internal readonly record struct MemoryHead(
    string Gen, string Run, ulong Since, ulong Seq, long OutboxBytes, Token Floor, Token Opened, bool IsWindowOpen)
{
    public static readonly MemoryHead None = new("", "", 0, 0, 0, Token.None, Token.None, IsWindowOpen: false);
}

/// <summary>Losses of memory, made at will.</summary>
internal sealed partial class EmbeddedShard
{
    /// <summary>Loses everything, as a Redis without persistence does when it is restarted.</summary>
    public void Forget() => RollBack(new ShardMemory());

    /// <summary>Is another process from now on, that knows what the one before knew.</summary>
    public void Restart()
    {
        lock (_lock) _process = NewName();
    }

    /// <summary>What it knows now.</summary>
    public ShardMemory Remember()
    {
        lock (_lock)
        {
            return new ShardMemory
            {
                Records = [.. _records.Values],
                Grants = [.. _grants],
                Promoted = [.. _promoted],
                Outbox = [.. _outbox],
                History = [.. _history],
                Slots = [.. _slots.Select(group => (group.Key, (IReadOnlyList<SlotRecord>)[.. group.Value.Values]))],
                Head = new MemoryHead(
                    _gen, _run, _since, _seq, _outboxBytes, _floor, _opened, _isWindowOpen),
            };
        }
    }

    /// <summary>Knows what it knew then, as a Redis that was started on an old file.</summary>
    public void RollBack(ShardMemory memory)
    {
        lock (_lock)
        {
            _records.Clear();
            _owned.Clear();
            _grants.Clear();
            _promoted.Clear();
            _outbox.Clear();
            _history.Clear();
            _slots.Clear();
            foreach (var record in memory.Records) StoreLocked(record);
            foreach (var (election, token) in memory.Grants) _grants[election] = token;
            foreach (var (election, promoted) in memory.Promoted) _promoted[election] = promoted;
            foreach (var entry in memory.Outbox) _outbox.AddLast(entry);
            foreach (var entry in memory.History) _history.AddLast(entry);
            foreach (var (group, slots) in memory.Slots)
                _slots[group] = new SortedDictionary<int, SlotRecord>(slots.ToDictionary(slot => slot.Slot));
            var head = memory.Head;
            (_gen, _run, _since) = (head.Gen, head.Run, head.Since);
            (_seq, _outboxBytes) = (head.Seq, head.OutboxBytes);
            (_floor, _opened, _isWindowOpen) = (head.Floor, head.Opened, head.IsWindowOpen);
        }
    }
}
