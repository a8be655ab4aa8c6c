using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>Grains that were promoted on a shard.</summary>
/// <param name="Ago">How long ago, or how long ago the last of them were; not below 0.</param>
/// <param name="Grains">How many.</param>
public readonly record struct PastPromotion(TimeSpan Ago, long Grains);

/// <summary>
/// How many grains may be promoted in a window: a share of all that are owned. A verdict that is wrong about many
/// clusters at once then moves that much before somebody looks. Each shard keeps what was promoted there, written in
/// the same step and so under the same grant; a new holder of the election reads it before it promotes, and what
/// another cluster's Failover promoted counts as well.
/// </summary>
internal sealed class Brake(double share, TimeSpan window)
{
    /// <summary>What was promoted within such a part of the window counts as one, from its last grain on.</summary>
    private const int PartsPerWindow = 32;

    private readonly List<Entry> _entries = [];
    private long _inWindow;
    private long _reserved;

    public bool IsOn => share < 1;

    /// <summary>How long what was promoted counts.</summary>
    public TimeSpan Window => window;

    /// <summary>All grains that are owned; null while that was not counted.</summary>
    public long? GrainsTotal { get; set; }

    /// <summary>The most grains that may be promoted in one window, at least one; null while not known.</summary>
    public long? Allowed => GrainsTotal is { } total ? Math.Max(1, (long)(total * share)) : null;

    /// <summary>When there is room again by itself; null when only a call or a count can make some.</summary>
    public Instant? RoomAgainAt { get; private set; }

    /// <summary>How many grains may be promoted now.</summary>
    public long Room(Instant now)
    {
        if (!IsOn) return long.MaxValue;
        if (RoomAgainAt <= now)
        {
            _entries.RemoveAll(entry => entry.Last + window <= now);
            Recount();
        }

        return Allowed is { } allowed ? Math.Max(0, allowed - _inWindow - _reserved) : 0;
    }

    /// <summary>Whether the window is used up, whatever is still on its way.</summary>
    public bool IsFull(Instant now) => Room(now) == 0 && Allowed <= _inWindow;

    /// <summary>So many may be on their way.</summary>
    public void Reserve(int grains) => _reserved += grains;

    /// <summary>A call that had reserved has ended, and promoted so many.</summary>
    public void Settle(ShardCall.Promote call, int reserved, int promoted, Instant now)
    {
        Release(reserved);
        if (promoted == 0 || !IsOn) return;
        var at = _entries.FindLastIndex(entry => entry.Shard == call.Shard && entry.Unanswered == Token.None);
        if (at >= 0 && now - _entries[at].First < window / PartsPerWindow)
            _entries[at] = _entries[at] with { Last = now, Grains = _entries[at].Grains + promoted };
        else
            _entries.Add(new Entry(call.Shard, now, now, promoted, Unanswered: Token.None));
        Recount();
    }

    /// <summary>A call that had reserved was not answered: it may have moved all it could, or may yet.</summary>
    public void Miss(ShardCall.Promote call, int reserved, Instant now)
    {
        Release(reserved);
        if (!IsOn) return;
        _entries.Add(new Entry(call.Shard, now, now, reserved, call.Token));
        Recount();
    }

    /// <summary>
    /// What a shard says that was promoted there. It takes the place of what was known, but for calls that were not
    /// answered and may still arrive: those of the token that is installed.
    /// </summary>
    public void Know(int shard, ImmutableArray<PastPromotion> promoted, Token installed, Instant now)
    {
        if (!IsOn) return;
        _entries.RemoveAll(entry => entry.Shard == shard && entry.Unanswered < installed);
        foreach (var (ago, grains) in promoted)
        {
            if (ago < window) _entries.Add(new Entry(shard, now - ago, now - ago, grains, Unanswered: Token.None));
        }

        Recount();
    }

    private void Release(int reserved)
    {
        _reserved -= reserved;
        Invariant.Holds(_reserved >= 0);
    }

    private void Recount()
    {
        // What somebody wrote into a shard's meta by hand may come to more than there are numbers.
        _inWindow = _entries.Aggregate(0L, (sum, entry) => sum + Math.Min(entry.Grains, (long.MaxValue / 2) - sum));
        RoomAgainAt = _entries.Count > 0 ? _entries.Min(entry => entry.Last) + window : null;
    }

    /// <summary>Grains promoted on a shard, and the token of a call that was not answered.</summary>
    private readonly record struct Entry(int Shard, Instant First, Instant Last, long Grains, Token Unanswered);
}
