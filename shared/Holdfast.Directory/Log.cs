using Microsoft.Extensions.Logging;

namespace Holdfast.Directory;

/// <summary>What the directory's clients and its relay say: event ids 7000 to 7999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 7001, Level = LogLevel.Information, Message = "Connected to Redis at {Redis}")]
    public static partial void Connected(ILogger logger, string redis);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Warning, Message = "Redis at {Redis} cannot be reached: {Reason}")]
    public static partial void ConnectFailed(ILogger logger, string redis, string reason);

    [LoggerMessage(
        EventId = 7003, Level = LogLevel.Warning, Message = "The connection to Redis at {Redis} was lost: {Reason}")]
    public static partial void ConnectionLost(ILogger logger, string redis, string reason);

    [LoggerMessage(
        EventId = 7004, Level = LogLevel.Error, Message = "Redis did not accept the user '{User}': {Reason}")]
    public static partial void AuthenticationFailed(ILogger logger, string user, string reason);

    [LoggerMessage(
        EventId = 7005, Level = LogLevel.Debug, Message = "The connection to Redis did not close in time: {Reason}")]
    public static partial void CloseFailed(ILogger logger, string reason);

    [LoggerMessage(
        EventId = 7009,
        Level = LogLevel.Warning,
        Message = "The connection to Redis at {Redis} answers nothing any more and is left for a new one")]
    public static partial void ConnectionSilent(ILogger logger, string redis);

    [LoggerMessage(
        EventId = 7010,
        Level = LogLevel.Warning,
        Message = "The master of Redis {Redis} is {Master} now, no longer {Former}")]
    public static partial void MasterMoved(ILogger logger, string redis, string former, string master);

    [LoggerMessage(
        EventId = 7011,
        Level = LogLevel.Warning,
        Message = "Where the master of Redis {Redis} is cannot be asked: {Reason}")]
    public static partial void SentinelsSilent(ILogger logger, string redis, string reason);

    [LoggerMessage(
        EventId = 7007,
        Level = LogLevel.Error,
        Message = "{Count} records of {Whose} on shard {Shard} cannot be read and are left out: no version " +
            "of the directory wrote them")]
    public static partial void RecordsMalformed(ILogger logger, long count, string whose, string shard);

    [LoggerMessage(
        EventId = 7008,
        Level = LogLevel.Error,
        Message = "{Count} slots of group {Group} on shard {Shard} cannot be read and are left out: no version " +
            "of the directory wrote them")]
    public static partial void SlotsMalformed(ILogger logger, long count, string group, string shard);

    [LoggerMessage(
        EventId = 7101,
        Level = LogLevel.Warning,
        Message = "The outbox of shard {Shard} was published up to {Published}; trying again in {RetryMs} ms")]
    public static partial void RelayFailed(
        ILogger logger, string shard, ulong published, double retryMs, Exception error);

    [LoggerMessage(
        EventId = 7102,
        Level = LogLevel.Information,
        Message = "The relay of shard {Shard} stops: its token {Token} is superseded by {Installed}")]
    public static partial void RelaySuperseded(ILogger logger, string shard, string token, string installed);

    [LoggerMessage(
        EventId = 7103,
        Level = LogLevel.Error,
        Message = "Entry {Seq} in the outbox of shard {Shard} cannot be read and is left out: {Reason}")]
    public static partial void EntryMalformed(ILogger logger, string shard, ulong seq, string reason);
}
