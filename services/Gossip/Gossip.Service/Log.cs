namespace Holdfast.Gossip.Service;

/// <summary>What Gossip logs; ids 1000 to 1999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1000, Level = LogLevel.Information,
        Message = "Gossiping as {Node} of cluster {Cluster}, generation {Generation}, on {Listen}, known as {Address}")]
    public static partial void Started(
        ILogger logger, string node, string cluster, ulong generation, string listen, string address);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information,
        Message = "Took generation {Generation}: a peer or Consensus knows an older one as over")]
    public static partial void GenerationRaised(ILogger logger, ulong generation);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Left: {Reason}")]
    public static partial void OwnLeave(ILogger logger, string reason);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Warning,
        Message = "Gossip:SecretFile is not set: everybody who reaches {Listen} over UDP is believed")]
    public static partial void Unsealed(ILogger logger, string listen);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Warning,
        Message = "The leave was announced, but not confirmed in time; the peers that heard of it see to the fence")]
    public static partial void LeaveUnfinished(ILogger logger);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning,
        Message = "This agent was stopped for {Pause}; it listens anew and accuses nobody for that time")]
    public static partial void OwnPause(ILogger logger, TimeSpan pause);

    [LoggerMessage(EventId = 1010, Level = LogLevel.Information,
        Message = "Peer {Peer} is up ({Reason}), generation {Generation}, verdict {Verdict}")]
    public static partial void PeerUp(ILogger logger, string peer, string reason, ulong generation, ulong verdict);

    [LoggerMessage(EventId = 1011, Level = LogLevel.Warning,
        Message = "Peer {Peer} suspected by this agent: phi {Phi:F1}, silent for {SilentFor}")]
    public static partial void PeerSuspected(ILogger logger, string peer, double phi, TimeSpan silentFor);

    [LoggerMessage(EventId = 1012, Level = LogLevel.Information, Message = "Peer {Peer} is suspected by others")]
    public static partial void PeerSuspectedByOthers(ILogger logger, string peer);

    [LoggerMessage(EventId = 1013, Level = LogLevel.Warning,
        Message = "Peer {Peer} is down: {Votes} of its observers agree, {Wanted} were wanted ({Reason}), cut {CutId}")]
    public static partial void PeerDown(
        ILogger logger, string peer, int votes, int wanted, string reason, string cutId);

    [LoggerMessage(EventId = 1014, Level = LogLevel.Warning, Message = "Peer {Peer} is down, others say")]
    public static partial void PeerDownByOthers(ILogger logger, string peer);

    [LoggerMessage(EventId = 1015, Level = LogLevel.Information, Message = "Peer {Peer} left")]
    public static partial void PeerLeft(ILogger logger, string peer);

    [LoggerMessage(EventId = 1020, Level = LogLevel.Information,
        Message = "Fence of {Peer}, generation {Generation}, stands; cause {Cause}")]
    public static partial void Fenced(ILogger logger, string peer, ulong generation, string cause);

    [LoggerMessage(EventId = 1021, Level = LogLevel.Information,
        Message = "Fence of {Peer}, generation {Generation}: {Outcome}; asked again while it is held down")]
    public static partial void FenceNotYet(ILogger logger, string peer, ulong generation, string outcome);

    [LoggerMessage(EventId = 1022, Level = LogLevel.Debug, Message = "Fence of {Peer}: no answer. {Problem}")]
    public static partial void FenceUnanswered(ILogger logger, string peer, string problem);

    [LoggerMessage(EventId = 1030, Level = LogLevel.Information,
        Message = "Session {Session} of this node is open, generation {Generation}")]
    public static partial void SessionOpened(ILogger logger, string session, ulong generation);

    [LoggerMessage(EventId = 1031, Level = LogLevel.Warning, Message = "Session of this node is over: {Reason}")]
    public static partial void SessionLost(ILogger logger, string reason);

    [LoggerMessage(EventId = 1032, Level = LogLevel.Debug,
        Message = "Session of this node cannot be opened: {Problem}")]
    public static partial void SessionNotOpened(ILogger logger, string problem);

    [LoggerMessage(EventId = 1040, Level = LogLevel.Debug, Message = "Name {Name} cannot be resolved: {Problem}")]
    public static partial void NameUnresolved(ILogger logger, string name, string problem);

    [LoggerMessage(EventId = 1050, Level = LogLevel.Warning,
        Message = "Workload {Workload}, process {Pid}, ended unannounced")]
    public static partial void WorkloadDown(ILogger logger, string workload, int pid);
}
