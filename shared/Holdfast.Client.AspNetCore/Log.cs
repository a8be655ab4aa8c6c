using Microsoft.Extensions.Logging;

namespace Holdfast.Client.AspNetCore;

/// <summary>What a Kestrel daemon says: 8201 to 8299.</summary>
internal static partial class Log
{
    [LoggerMessage(
        EventId = 8201, Level = LogLevel.Information, Message = "The process ends: {Reason} (exit code {ExitCode})")]
    public static partial void DaemonEnds(ILogger logger, string reason, int exitCode);

    [LoggerMessage(EventId = 8202, Level = LogLevel.Warning, Message = "{EndPoint}: a connection was lost: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string endPoint, string reason);

    [LoggerMessage(
        EventId = 8203,
        Level = LogLevel.Information,
        Message = "No listener was inherited: this process serves alone and can be handed to nobody")]
    public static partial void ServesAlone(ILogger logger);
}
