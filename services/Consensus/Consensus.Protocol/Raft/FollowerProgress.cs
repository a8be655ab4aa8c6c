using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// What a leader knows of one follower. While it probes it has one request on its way and looks for the place where
/// the logs agree; once that is found it streams, optimistically and without waiting, within bounds. A follower that
/// needs what the log forgot is sent a snapshot first, part by part.
/// </summary>
internal sealed class FollowerProgress(NodeId node, LogIndex next, Instant now)
{
    // Requests on their way: the last place each speaks of, and its bytes, oldest first.
    private readonly Queue<(LogIndex Last, int Bytes)> _inFlight = new();
    private long _inFlightBytes;

    public NodeId Node { get; } = node;

    /// <summary>The follower's disk holds our log up to here. Invariant: below <see cref="Next"/>.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>The first entry that the next request carries.</summary>
    public LogIndex Next { get; private set; } = next;

    public bool IsStreaming { get; private set; }

    /// <summary>A probe is out; the next goes when it is answered, or after a heartbeat was.</summary>
    public bool IsProbeOut { get; private set; }

    /// <summary>The snapshot that is on its way to it; null while the log is enough.</summary>
    public SnapshotTransfer? Transfer { get; private set; }

    /// <summary>When it last said anything in this term.</summary>
    public Instant LastContact { get; set; } = now;

    /// <summary>It has said something in this term; before that its contact is only hoped for.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>It does not know how to take over when it is asked to; it may still be elected.</summary>
    public bool CannotTakeOver { get; set; }

    /// <summary>Set while it recovers from a damaged log: it neither votes nor stands.</summary>
    public LogLoss? Loss { get; set; }

    /// <summary>How fast it follows, of a learner; null of a voter.</summary>
    public CatchUpRounds? CatchUp { get; set; }

    /// <summary>When a request was last sent to it.</summary>
    public Instant LastSent { get; private set; } = now;

    /// <summary>Since when something is kept back from it, because a majority can do without it.</summary>
    public Instant? KeptBackSince { get; set; }

    /// <summary>The newest round of heartbeats it acknowledged.</summary>
    public Round AcknowledgedRound { get; set; }

    /// <summary>Until then, by the leader's clock, it surely helps nobody to depose the leader.</summary>
    public Instant PromisedUntil { get; set; }

    public bool HasRoom(RaftOptions options) => Transfer is null && (IsStreaming
        ? _inFlight.Count < options.InFlightAppendsMax && _inFlightBytes < options.InFlightBytesMax
        : !IsProbeOut);

    public void Sent(AppendRequest request, Instant now)
    {
        LastSent = now;
        if (!IsStreaming)
        {
            IsProbeOut = true;
            return;
        }

        if (request.Entries.IsEmpty) return;
        var bytes = 0;
        foreach (var entry in request.Entries) bytes += entry.Command.Length;
        _inFlight.Enqueue((request.LastIndex, bytes));
        _inFlightBytes += bytes;
        KeptBackSince = null;
        Next = request.LastIndex.Next();
    }

    public void Accepted(LogIndex matched)
    {
        Match = LogIndex.Later(Match, matched);
        IsProbeOut = false;
        if (Transfer is not null) return;
        if (!IsStreaming)
        {
            IsStreaming = true;
            Next = Match.Next();
        }

        Next = LogIndex.Later(Next, Match.Next());
        while (_inFlight.TryPeek(out var oldest) && oldest.Last <= Match)
        {
            _inFlightBytes -= oldest.Bytes;
            _inFlight.Dequeue();
        }
    }

    /// <summary>
    /// The follower has no matching entry before the request. False for a refusal that is overtaken by what is known.
    /// </summary>
    /// <param name="prevIndex">The place that the refused request built on.</param>
    /// <param name="agreeAtMost">The last place of our log at which the two can still agree.</param>
    public bool Refused(LogIndex prevIndex, LogIndex agreeAtMost)
    {
        if (prevIndex <= Match || Transfer is not null) return false;
        if (!IsStreaming && Next.Previous() != prevIndex) return false;
        var candidate = LogIndex.Earlier(prevIndex, agreeAtMost.Next());
        BeginProbing(LogIndex.Later(candidate, Match.Next()));
        return true;
    }

    /// <summary>Its disk lost what it had acknowledged: nothing is known of its log any more.</summary>
    public void Forget(LogIndex next)
    {
        Match = LogIndex.Zero;
        Transfer = null;
        BeginProbing(next);
    }

    /// <summary>A heartbeat was answered: a lost probe may be repeated.</summary>
    public void AllowProbe() => IsProbeOut = false;

    public void BeginTransfer(SnapshotInfo snapshot, Instant now)
    {
        BeginProbing(Next);
        Transfer = new SnapshotTransfer(snapshot, now);
    }

    /// <summary>It has what the log begins after: from now on entries go to it.</summary>
    public void EndTransfer()
    {
        Transfer = null;
        Accepted(Match);
    }

    /// <summary>A part of the snapshot is read for it, or on its way.</summary>
    public void SentPart(Instant now) => LastSent = now;

    private void BeginProbing(LogIndex from)
    {
        IsStreaming = false;
        IsProbeOut = false;
        KeptBackSince = null;
        Next = from;
        _inFlight.Clear();
        _inFlightBytes = 0;
    }
}
