using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What Raft writes to the log of the process; event ids 2500 to 2599.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 2500, Level = LogLevel.Information,
        Message = "Voter {Node} started: term {Term}, log up to {LastIndex}, in {Directory}")]
    public static partial void Started(ILogger logger, NodeId node, Term term, LogIndex lastIndex, string directory);

    [LoggerMessage(EventId = 2501, Level = LogLevel.Information,
        Message = "Voter {Node} is {Role} in term {Term}, leader {Leader}")]
    public static partial void RoleChanged(ILogger logger, NodeId node, RaftRole role, Term term, NodeId? leader);

    [LoggerMessage(EventId = 2502, Level = LogLevel.Critical,
        Message = "Voter {Node} stopped by itself, because going on could lose what it acknowledged")]
    public static partial void Failed(ILogger logger, NodeId node, Exception failure);

    [LoggerMessage(EventId = 2503, Level = LogLevel.Error,
        Message = "A message {Kind} of {From} breaks the protocol and was ignored: {Violation} ({More} more like it " +
            "since this was last said)")]
    public static partial void Violation(
        ILogger logger, string kind, NodeId from, ProtocolViolation violation, int more);

    [LoggerMessage(EventId = 2504, Level = LogLevel.Error,
        Message = "Voter {Node} has lost entries that it acknowledged to {Leader}: its data directory was removed or " +
            "is an older copy. It gets nothing from this leader. Stop it: what it forgot, votes included, can cost " +
            "acknowledged data ({More} more heartbeats said so since this was last said)")]
    public static partial void AcknowledgedEntriesMissing(ILogger logger, NodeId node, NodeId leader, int more);

    [LoggerMessage(EventId = 2505, Level = LogLevel.Error,
        Message = "Voter {Node}: the disk has confirmed nothing since {Since}; it does not lead until it does")]
    public static partial void DiskStalled(ILogger logger, NodeId node, Instant since);

    [LoggerMessage(EventId = 2506, Level = LogLevel.Information, Message = "Voter {Node}: the disk confirms again")]
    public static partial void DiskFlows(ILogger logger, NodeId node);

    [LoggerMessage(EventId = 2507, Level = LogLevel.Information,
        Message = "Snapshot up to {Index} taken: {Bytes} bytes in {Milliseconds:F0} ms")]
    public static partial void SnapshotTaken(ILogger logger, LogIndex index, long bytes, double milliseconds);

    [LoggerMessage(EventId = 2508, Level = LogLevel.Information,
        Message = "The state is that of the snapshot up to {Index}: {Bytes} bytes in {Milliseconds:F0} ms")]
    public static partial void SnapshotRestored(ILogger logger, LogIndex index, long bytes, double milliseconds);

    [LoggerMessage(EventId = 2509, Level = LogLevel.Information,
        Message = "Voter {Node} hands leadership of term {Term} to {To}: {Stage}")]
    public static partial void Transfer(ILogger logger, NodeId node, NodeId? to, TransferStage stage, Term term);

    [LoggerMessage(EventId = 2510, Level = LogLevel.Information, Message = "Connected to voter {Peer} at {Address}")]
    public static partial void Connected(ILogger logger, NodeId peer, string address);

    [LoggerMessage(EventId = 2511, Level = LogLevel.Warning,
        Message = "No connection to voter {Peer} at {Address}, trying again: {Reason}")]
    public static partial void NotConnected(ILogger logger, NodeId peer, string address, string reason);

    [LoggerMessage(EventId = 2512, Level = LogLevel.Warning,
        Message = "A connection from {Remote} was refused: {Reason} ({More} more like it since this was last said)")]
    public static partial void ConnectionRefused(ILogger logger, string remote, string reason, int more);

    [LoggerMessage(EventId = 2514, Level = LogLevel.Error,
        Message = "A connection from {Remote} was closed, because serving it failed ({More} more like it since this " +
            "was last said)")]
    public static partial void ConnectionFaulted(ILogger logger, string remote, int more, Exception fault);

    [LoggerMessage(EventId = 2515, Level = LogLevel.Warning,
        Message = "Voter {Peer} at {Address} does not speak as this one does ({Reason}); it is spoken to as {Way}, " +
            "and told nothing newer")]
    public static partial void SpeaksOtherwise(
        ILogger logger, NodeId peer, string address, string reason, SpeechWay way);

    [LoggerMessage(EventId = 2530, Level = LogLevel.Information,
        Message = "The certificate in {File} was read; it ends at {EndsAt:u}")]
    public static partial void CertificateRead(ILogger logger, string file, DateTime endsAt);

    [LoggerMessage(EventId = 2531, Level = LogLevel.Error,
        Message = "{File} has changed and cannot be used, so what was read before goes on counting: {Reason}")]
    public static partial void CertificateStale(ILogger logger, string file, string reason);

    [LoggerMessage(EventId = 2516, Level = LogLevel.Information,
        Message = "Voter {Node} is told that the leader {Leader} may be dead: {Kind}")]
    public static partial void Hinted(ILogger logger, NodeId node, NodeId leader, HintKind kind);

    [LoggerMessage(EventId = 2513, Level = LogLevel.Debug, Message = "A connection from {Remote} ended: {Reason}")]
    public static partial void ConnectionEnded(ILogger logger, string remote, string reason);

    [LoggerMessage(EventId = 2517, Level = LogLevel.Error,
        Message = "Speaking to voter {Peer} failed; the connection is closed and dialled again")]
    public static partial void SendFailed(ILogger logger, NodeId peer, Exception fault);

    [LoggerMessage(EventId = 2518, Level = LogLevel.Critical,
        Message = "Voter {Node} stops without its disk, which has not ended a write in {Waited}: its data directory " +
            "stays taken until the process ends")]
    public static partial void DiskAbandoned(ILogger logger, NodeId node, TimeSpan waited);

    [LoggerMessage(EventId = 2519, Level = LogLevel.Error,
        Message = "A part of voter {Node} failed while it stopped; the other parts are stopped all the same")]
    public static partial void PartFailed(ILogger logger, NodeId node, Exception fault);

    [LoggerMessage(EventId = 2520, Level = LogLevel.Information, Message = "Voter {Node} counts members {Members}")]
    public static partial void MembersCount(ILogger logger, NodeId node, Configuration members);

    [LoggerMessage(EventId = 2521, Level = LogLevel.Warning,
        Message = "Voter {Node} refused a change of members, {Refusal}: {Detail}")]
    public static partial void MembersRefused(
        ILogger logger, NodeId node, MembershipRefusal refusal, string detail);

    [LoggerMessage(EventId = 2522, Level = LogLevel.Warning,
        Message = "Consensus:Voters names {Settings}, but the members of {Node} are {Members}: the log decides, " +
            "change them with POST /v1/members")]
    public static partial void SettingsDiffer(ILogger logger, string settings, NodeId node, Configuration members);

    [LoggerMessage(EventId = 2540, Level = LogLevel.Critical,
        Message = "The log of voter {Node} is damaged: '{File}' at byte {Offset}: {What}. It is kept up to entry " +
            "{KeptUpTo}, the rest is set aside; look at the disk")]
    public static partial void Damaged(
        ILogger logger, NodeId node, string file, long offset, string what, LogIndex keptUpTo);

    [LoggerMessage(EventId = 2541, Level = LogLevel.Warning,
        Message = "Voter {Node} lost a part of its log and has entries up to {LastIndex}: it neither votes nor " +
            "stands until it has everything from the others again. The members it knows are {Members}; where there " +
            "was never another voter, restore the group from a backup")]
    public static partial void Recovering(ILogger logger, NodeId node, LogIndex lastIndex, Configuration members);

    [LoggerMessage(EventId = 2542, Level = LogLevel.Information,
        Message = "Voter {Node} has everything again that its log had lost, up to entry {LastIndex}, and votes again")]
    public static partial void Recovered(ILogger logger, NodeId node, LogIndex lastIndex);
}
