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
}
