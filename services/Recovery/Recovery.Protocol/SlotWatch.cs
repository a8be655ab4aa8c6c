using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// One slot: its record as the directory last said, and what is remembered about it only as long as this machine lives.
/// </summary>
internal sealed class SlotWatch(int index)
{
    public int Index { get; } = index;

    /// <summary>Null before it was ever placed.</summary>
    public Slot? Record { get; private set; }

    /// <summary>Its record cannot be read: what it says is not known, so nothing is done about it.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>The step in which the record became known as it is.</summary>
    public ulong ChangedStep { get; private set; }

    public Instant ChangedAt { get; private set; }

    /// <summary>Since when it does not run; null while it does.</summary>
    public Instant? DownSince { get; private set; }

    /// <summary>Why it was lost last; the reason of its next placement.</summary>
    public string? Reason { get; set; }

    /// <summary>The trace of what lost it.</summary>
    public string? TraceParent { get; set; }

    /// <summary>A place that was chosen and is not written yet.</summary>
    public Slot? Chosen { get; set; }

    /// <summary>How often no place was found since it was lost.</summary>
    public int Misses { get; private set; }

    /// <summary>Not tried before.</summary>
    public Instant NotBefore { get; private set; }

    /// <summary>Where it is, or is about to be.</summary>
    public NodeId? Occupies => Chosen?.Node ?? Record?.Node;

    /// <summary>Nobody may run it, and it is not about to be placed.</summary>
    public bool IsPlaceable => !IsUnreadable && Chosen is null && Record is null or { IsDown: true, Node: null };

    /// <summary>It was called unrecoverable since it ran last.</summary>
    public bool IsGivenUp { get; private set; }

    public void Learn(Slot? record, ulong step, Instant now)
    {
        if (record == Record && !IsUnreadable && (record is not null || DownSince is not null)) return;
        (Record, ChangedStep, ChangedAt, Chosen, IsUnreadable) = (record, step, now, null, false);
        if (record is { State: SlotState.Running })
            (DownSince, Misses, Reason, TraceParent, IsGivenUp) = (null, 0, null, null, false);
        else
            (DownSince, IsGivenUp) = (DownSince ?? now, IsGivenUp || record is { State: SlotState.Unrecoverable });
    }

    /// <summary>Its record is there and cannot be read: whether it runs, and where, is not known.</summary>
    public void Doubt(ulong step, Instant now)
    {
        Learn(null, step, now);
        IsUnreadable = true;
    }

    public void Miss(Instant notBefore)
    {
        Misses++;
        NotBefore = notBefore;
    }

    public void Delay(Instant notBefore) => NotBefore = notBefore;

    /// <summary>Something has changed that may make a place: those that found none try again.</summary>
    public void TryAnew()
    {
        if (Misses == 0) return;
        (Misses, NotBefore) = (0, Instant.Zero);
    }
}
