namespace Holdfast.Consensus.Service;

/// <summary>Event ids 2000 to 2499; Raft has the others.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 2000, Level = LogLevel.Warning, Message = "Layout of the voters: {Problem}")]
    public static partial void UnsafeLayout(ILogger logger, string problem);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information,
        Message = "Voter {Node} of {Voters} with data in {DataDirectory}, generation {Generation}")]
    public static partial void Starting(
        ILogger logger, string node, string voters, string dataDirectory, int generation);

    [LoggerMessage(EventId = 2010, Level = LogLevel.Information, Message = "Leads term {Term} from entry {NoOp} on")]
    public static partial void Leads(ILogger logger, ulong term, ulong noOp);

    [LoggerMessage(EventId = 2011, Level = LogLevel.Information, Message = "Leads term {Term} no more")]
    public static partial void LeadsNoMore(ILogger logger, ulong term);

    [LoggerMessage(EventId = 2012, Level = LogLevel.Warning,
        Message = "Was held up for {HeldUpMs} ms, which count against no session")]
    public static partial void HeldUp(ILogger logger, long heldUpMs);

    [LoggerMessage(EventId = 2013, Level = LogLevel.Error,
        Message = "The leader's duties failed and are taken up again")]
    public static partial void DutiesFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 2020, Level = LogLevel.Information,
        Message = "Session {Session} ended: not kept alive for its {Ttl}")]
    public static partial void SessionExpired(ILogger logger, string session, TimeSpan ttl);

    [LoggerMessage(EventId = 2030, Level = LogLevel.Warning,
        Message = "Node {Node} fenced at generation {Generation}, {Cause}: token {Token}, {Revoked} revoked")]
    public static partial void Fenced(
        ILogger logger, string node, ulong generation, string cause, string token, int revoked);

    [LoggerMessage(EventId = 2031, Level = LogLevel.Warning,
        Message = "Fence of {Node} at generation {Generation} refused: kept alive {KeptAliveAgoMs} ms ago")]
    public static partial void FenceRefused(ILogger logger, string node, ulong generation, long keptAliveAgoMs);

    [LoggerMessage(EventId = 2032, Level = LogLevel.Warning,
        Message = "Directory shard {Shard} lost its memory {Gen} (known to {Seq}), seen by {Evidence}: floor {Floor}")]
    public static partial void MemoryLost(
        ILogger logger, string shard, string gen, ulong seq, string evidence, string floor);

    [LoggerMessage(EventId = 2040, Level = LogLevel.Warning,
        Message = "The bus did not take {Event} of entry {Index}; {Owed} are owed, next try in {Pause}")]
    public static partial void AnnouncementFailed(
        ILogger logger, Exception exception, string @event, ulong index, int owed, TimeSpan pause);

    [LoggerMessage(EventId = 2041, Level = LogLevel.Information,
        Message = "The bus takes announcements again; {Owed} are owed")]
    public static partial void AnnouncementsResumed(ILogger logger, int owed);

    [LoggerMessage(EventId = 2060, Level = LogLevel.Warning, Message = "Alert {Kind}: {Evidence}")]
    public static partial void Alert(ILogger logger, string kind, string evidence);

    [LoggerMessage(EventId = 2061, Level = LogLevel.Warning,
        Message = "The bus did not take the alert {Kind}; {Owed} are owed")]
    public static partial void AlertNotPublished(ILogger logger, Exception exception, string kind, int owed);

    [LoggerMessage(EventId = 2062, Level = LogLevel.Warning,
        Message = "Stops with {Owed} alerts that the bus has not taken")]
    public static partial void AlertsLeft(ILogger logger, int owed);

    [LoggerMessage(EventId = 2050, Level = LogLevel.Information,
        Message = "In force now, by {Source}: {Settings}; the voter's election timeouts are {Min} to {Max}")]
    public static partial void Tuned(
        ILogger logger, string source, string settings, TimeSpan min, TimeSpan max);

    [LoggerMessage(EventId = 2051, Level = LogLevel.Information,
        Message = "The configuration was read again; nothing that is taken up while the voter runs has changed")]
    public static partial void ReloadedNothing(ILogger logger);

    [LoggerMessage(EventId = 2052, Level = LogLevel.Warning,
        Message = "The configuration was read again, and {Keys} differ from what the voter was started with; they " +
            "are taken up at its next start")]
    public static partial void NeedsRestart(ILogger logger, string keys);

    [LoggerMessage(EventId = 2053, Level = LogLevel.Error,
        Message = "The configuration was read again and is wrong, so nothing was changed: {Problems}")]
    public static partial void ReloadRefused(ILogger logger, string problems);
}
