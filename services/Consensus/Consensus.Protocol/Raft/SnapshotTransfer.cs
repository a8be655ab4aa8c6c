using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// A snapshot on its way to one follower: one part at a time, the next when the follower said how far it is. It says so
/// too when a part was lost, came twice or came to a follower that restarted, and the transfer goes on from there.
/// </summary>
internal sealed class SnapshotTransfer(SnapshotInfo snapshot, Instant now)
{
    private bool _isWholeSent;
    private bool _wasThrownAway;

    public SnapshotInfo Snapshot { get; } = snapshot;

    /// <summary>The follower has everything before.</summary>
    public long Offset { get; private set; }

    /// <summary>When it last got on; what was thrown away once and comes again is no getting on.</summary>
    public Instant MovedAt { get; private set; } = now;

    public void Sent(SnapshotChunk part) => _isWholeSent |= part.IsLast;

    /// <summary>
    /// The follower, which was sent the last part, has none: what it put together lacked its checksum, or it restarted.
    /// </summary>
    public bool IsThrownAway(long offset) => _isWholeSent && offset == 0;

    /// <summary>From the first part again.</summary>
    public void BeginAnew() => (Offset, _isWholeSent, _wasThrownAway) = (0, false, true);

    /// <summary>The follower said how far it is; false when that is known, and what follows is on its way.</summary>
    public bool MoveTo(long offset, Instant now)
    {
        if (offset == Offset) return false;
        if (offset > Offset && !_wasThrownAway) MovedAt = now;
        Offset = offset;
        return true;
    }
}
