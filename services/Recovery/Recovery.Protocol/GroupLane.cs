using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// One group: where it lives, its slots as last read or written, and the one call about it that may be under way.
/// </summary>
internal sealed class GroupLane(GroupId group, GroupDefinition definition)
{
    private readonly SortedDictionary<int, SlotWatch> _slots = [];
    private Token _installed;
    private Instant _openAt;
    private Instant _notBefore;
    private bool _isWriting;

    public GroupId Group { get; } = group;

    public GroupDefinition Definition { get; set; } = definition;

    /// <summary>Where it lives, as far as that is known.</summary>
    public ClusterId? Home { get; private set; }

    /// <summary>Its slots are the own cluster's to place, and known.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>It lives in another cluster, or nowhere yet.</summary>
    public bool IsElsewhere { get; private set; }

    public bool IsBusy { get; private set; }

    public int Failures { get; private set; }

    /// <summary>Why the last call failed; null when it was well.</summary>
    public string? Trouble { get; private set; }

    public IEnumerable<SlotWatch> Slots => _slots.Values;

    /// <summary>The highest token under which one of its slots was placed.</summary>
    public Token HighestToken => _slots.Values.Select(watch => watch.Record?.Epoch.Token ?? Token.None)
        .DefaultIfEmpty().Max();

    public SlotWatch? Of(int index) => _slots.GetValueOrDefault(index);

    /// <summary>Something is on its way: not every wanted slot runs, or one that is not wanted still may.</summary>
    public bool IsUnsettled => _slots.Values.Any(watch => !watch.IsUnreadable && watch.Index < Definition.Slots
        ? watch.Record is not { State: SlotState.Running }
        : watch.Record is { State: not SlotState.Stopped });

    /// <summary>Its slots are on record as they are known here, and nobody else can have changed them.</summary>
    public bool IsKnown(Token token) => IsOpen && _installed == token && !_isWriting;

    /// <summary>Whether slots may be written under the token.</summary>
    public bool IsWritable(Token token) => IsOpen && _installed == token && HighestToken <= token;

    public void Hurry() => _openAt = Instant.Zero;

    /// <summary>What was known is from an earlier tenure.</summary>
    public void Forget()
    {
        (IsOpen, IsElsewhere, Home, _installed, _openAt) = (false, false, null, Token.None, Instant.Zero);
        _slots.Clear();
    }

    /// <summary>When it is to be read next; null while a call is under way.</summary>
    public Instant? OpensAt(Token token)
    {
        if (IsBusy) return null;
        return Instant.Max(_notBefore, IsOpen && _installed != token ? Instant.Zero : _openAt);
    }

    public bool IsRested(Instant now) => !IsBusy && now >= _notBefore;

    public void Begin(GroupCall call) => (IsBusy, _isWriting) = (true, call is GroupCall.Put);

    public void Opened(Token token, GroupResult.Opened read, ClusterId self, ulong step, Instant now)
    {
        (IsOpen, IsElsewhere, Home, _installed) = (true, false, self, token);
        DropChoices();
        var records = read.Slots.ToDictionary(slot => slot.Index);
        var missing = Enumerable.Range(0, Definition.Slots).Concat([.. _slots.Keys]).Except(records.Keys);
        foreach (var slot in read.Slots) WatchOf(slot.Index).Learn(slot, step, now);
        foreach (var index in missing.Except(read.Unreadable)) WatchOf(index).Learn(null, step, now);
        foreach (var index in read.Unreadable) WatchOf(index).Doubt(step, now);
    }

    public void LivesElsewhere(ClusterId? home)
    {
        Forget();
        (IsElsewhere, Home) = (true, home);
    }

    public void Written(IEnumerable<SlotWrite> writes, ulong step, Instant now)
    {
        foreach (var write in writes) WatchOf(write.New.Index).Learn(write.New, step, now);
    }

    /// <summary>A definition that grew has slots that were never placed.</summary>
    public void Grow(ulong step, Instant now)
    {
        if (!IsOpen) return;
        for (var index = 0; index < Definition.Slots; index++)
        {
            if (!_slots.ContainsKey(index)) WatchOf(index).Learn(null, step, now);
        }
    }

    /// <summary>The call under way has ended.</summary>
    public void End() => (IsBusy, _isWriting) = (false, false);

    public void Succeeded(Instant opensAt) => (Failures, Trouble, _openAt) = (0, null, opensAt);

    /// <summary>What it came to is not known, or was not wished for: it is read again, after a pause.</summary>
    public void Failed(string why, Instant notBefore)
    {
        (Trouble, _notBefore, _openAt) = (why, notBefore, Instant.Zero);
        Failures++;
        Doubt();
    }

    /// <summary>It is not as it was known: nothing is written before it was read again.</summary>
    public void Doubt()
    {
        _installed = Token.None;
        DropChoices();
    }

    /// <summary>
    /// The next slots to write, of one trace: those of the first that is to be written. Empty when nothing is.
    /// </summary>
    public (ImmutableArray<SlotWrite> Writes, string? TraceParent) Next(SlotRules rules, Instant now)
    {
        var writes = ImmutableArray.CreateBuilder<SlotWrite>();
        string? trace = null;
        foreach (var watch in _slots.Values)
        {
            if (rules.Next(watch, now) is not { } write) continue;
            if (writes.Count == 0) trace = watch.TraceParent;
            if (watch.TraceParent != trace) continue;
            writes.Add(write);
            if (writes.Count == GroupCall.Put.WritesMax) break;
        }

        return (writes.ToImmutable(), trace);
    }

    private SlotWatch WatchOf(int index)
    {
        if (!_slots.TryGetValue(index, out var watch)) _slots[index] = watch = new SlotWatch(index);
        return watch;
    }

    private void DropChoices()
    {
        foreach (var watch in _slots.Values) watch.Chosen = null;
    }
}
