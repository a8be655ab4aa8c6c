using System.Text;
using Holdfast.Directory.Changes;
using Holdfast.Primitives;

namespace Holdfast.Directory.Embedded;

/// <summary>What is announced and remembered; the twin of <c>announce</c> in shard.lua.</summary>
internal sealed partial class EmbeddedShard
{
    // What an entry takes beside its payload, roughly; the same figure as in shard.lua.
    private const int EntryOverheadBytes = 128;

    public OutboxPage ReadOutbox(ulong after, int entriesMax)
    {
        lock (_lock)
        {
            if (UsableLocked() is not DirectoryStatus.Ok and var unusable)
                return new OutboxPage(unusable, [], _floor, Version) { Run = _run, Process = _process };
            var (page, bytes) = (new List<OutboxEntry>(), 0L);
            foreach (var entry in _outbox.SkipWhile(entry => entry.Seq <= after))
            {
                if (page.Count == entriesMax || bytes >= DirectoryLimits.OutboxPageBytesMax) break;
                page.Add(entry);
                bytes += Encoding.UTF8.GetByteCount(entry.Payload);
            }

            return new OutboxPage(DirectoryStatus.Ok, page, _floor, Version) { Run = _run, Process = _process };
        }
    }

    public ShardAnswer TrimOutbox(int shard, ElectionName election, Token token, ulong upTo)
    {
        lock (_lock)
        {
            if (RefusalLocked(election, token) is { } refusal)
                return AnswerLocked(shard, refusal.Status, refusal.Bound);
            while (_outbox.First is { } oldest && oldest.Value.Seq <= upTo)
            {
                _outboxBytes -= BytesOf(oldest.Value);
                _outbox.RemoveFirst();
            }

            return AnswerLocked(shard, DirectoryStatus.Ok, _floor);
        }
    }

    public HistoryAnswer History(GrainId grain, int entriesMax)
    {
        lock (_lock)
        {
            if (UsableLocked() is not DirectoryStatus.Ok and var unusable) return new HistoryAnswer(unusable, []);
            var entries = _history.Reverse()
                .SelectMany(entry => entry.Change.Grains
                    .Where(changed => changed.Grain == grain)
                    .Select(changed => HistoryOf.Entry(entry.Change, changed, entry.Seq)))
                .Take(entriesMax);
            return new HistoryAnswer(DirectoryStatus.Ok, [.. entries]);
        }
    }

    private static long BytesOf(OutboxEntry entry) =>
        Encoding.UTF8.GetByteCount(entry.Payload) + EntryOverheadBytes;

    private void AnnounceLocked(string eventType, Change change, CallContext context, bool isRemembered)
    {
        var announced = change with { At = context.At, Floor = _floor };
        AppendLocked(eventType, ChangeText.Write(announced), context);
        if (isRemembered) RememberLocked(announced);
    }

    /// <summary>Remembers what no event tells: it changes no owner.</summary>
    private void NoteLocked(Change change, CallContext context)
    {
        _seq++;
        RememberLocked(change with { At = context.At, Floor = _floor });
    }

    private void RememberLocked(Change change)
    {
        _history.AddLast((_seq, change));
        while (_history.Count > options.HistoryEntriesMax) _history.RemoveFirst();
    }

    private void AppendLocked(string eventType, string payload, CallContext context)
    {
        var entry = new OutboxEntry(++_seq, eventType, payload, context.TraceParent);
        _outbox.AddLast(entry);
        _outboxBytes += BytesOf(entry);
    }
}
