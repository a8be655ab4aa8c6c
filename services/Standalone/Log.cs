namespace Holdfast.Standalone;

/// <summary>Event ids 9000 to 9999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 9001, Level = LogLevel.Warning,
        Message = "Event {Type} was not handled, delivery {Delivery}")]
    public static partial void EventNotHandled(ILogger logger, string type, int delivery, Exception exception);

    [LoggerMessage(EventId = 9002, Level = LogLevel.Warning, Message = "The owner on {Node} waits: {Reason}")]
    public static partial void OwnerWaits(ILogger logger, string node, string reason);

    [LoggerMessage(EventId = 9003, Level = LogLevel.Warning,
        Message = "The owner on {Node} ends: its session is lost, and what it held belongs to others")]
    public static partial void OwnerEnds(ILogger logger, string node, Exception exception);

    [LoggerMessage(EventId = 9004, Level = LogLevel.Warning,
        Message = "The connection for commands of type {Type} broke, and is opened again: {Reason}")]
    public static partial void CommandsBroken(ILogger logger, string type, string reason);

    [LoggerMessage(EventId = 9005, Level = LogLevel.Error,
        Message = "The owner on {Node} ends, and claims nothing: grains of the type {Type} are not fenced: {Reason}")]
    public static partial void OwnerMayNotClaim(ILogger logger, string node, string type, string reason);
}
