using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>Event ids 6000 to 6999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception? exception);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning,
        Message = "The certificate of a client was refused: {Subject} by {Issuer} is not of " +
            "Auth:ClientAuthorityFile, or not valid now, or not for clients")]
    public static partial void CertificateRefused(ILogger logger, string subject, string issuer);

    [LoggerMessage(
        EventId = 6101,
        Level = LogLevel.Warning,
        Message = "Delivery {Delivery} of {DeliveryLimit} from {Exchange} failed")]
    public static partial void DeliveryFailed(
        ILogger logger, string exchange, long delivery, int deliveryLimit, Exception exception);

    [LoggerMessage(EventId = 6102, Level = LogLevel.Error, Message = "{Command} {CommandId} failed and is refused")]
    public static partial void CommandFailed(ILogger logger, string command, Guid commandId, Exception exception);

    [LoggerMessage(EventId = 6103, Level = LogLevel.Warning, Message = "{What} did not stop within {StopTime}")]
    public static partial void BusStopAbandoned(ILogger logger, string what, TimeSpan stopTime);

    [LoggerMessage(
        EventId = 6104,
        Level = LogLevel.Warning,
        Message = "The answer to {Command} {CommandId} did not reach {ReplyTo}: {Reason}")]
    public static partial void AnswerRefused(
        ILogger logger, string command, Guid commandId, string replyTo, string reason);

    [LoggerMessage(
        EventId = 6201,
        Level = LogLevel.Warning,
        Message = "The bus does not confirm; {Owed} events are owed and are tried again")]
    public static partial void OutboxStalled(ILogger logger, int owed, Exception exception);

    [LoggerMessage(EventId = 6202, Level = LogLevel.Information, Message = "The bus confirms again")]
    public static partial void OutboxFlows(ILogger logger);

    [LoggerMessage(
        EventId = 6203,
        Level = LogLevel.Error,
        Message = "{EventType} of {Subject} at {Sequence} is given up: {Reason}")]
    public static partial void OutboxDropped(
        ILogger logger, string eventType, string subject, string sequence, string reason);

    [LoggerMessage(EventId = 6204, Level = LogLevel.Warning, Message = "Stopped with {Owed} events owed")]
    public static partial void OutboxStoppedOwing(ILogger logger, int owed);
}
