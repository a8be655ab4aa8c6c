namespace Holdfast.Recovery.Service;

/// <summary>Event ids 4000 to 4999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 4000, Level = LogLevel.Information,
        Message = "Slot {Group}/{Slot} is {State} on {Node}, {Reason}, under {Epoch}")]
    public static partial void SlotChanged(
        ILogger logger, string group, int slot, string state, string node, string reason, string epoch);

    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "{Call} of group {Group} failed: {Why}")]
    public static partial void CallFailed(ILogger logger, string call, string group, string why);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "Consensus' snapshot could not be read: {Why}")]
    public static partial void ObserveFailed(ILogger logger, string why);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Warning, Message = "The definition {Key} cannot be read: {Why}")]
    public static partial void DefinitionIllegible(ILogger logger, string key, string why);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Information, Message = "Group changed: {What}")]
    public static partial void GroupChanged(ILogger logger, string what);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Warning, Message = "Node {Node}: cordoned {Cordoned}")]
    public static partial void NodeCordoned(ILogger logger, string node, bool cordoned);

    [LoggerMessage(EventId = 4006, Level = LogLevel.Debug,
        Message = "The host on {Node} was not told over the bus: {Why}; it hears so at its next sync")]
    public static partial void NudgeFailed(ILogger logger, string node, string why);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Information,
        Message = "Commands are answered by another Recovery of this process")]
    public static partial void CommandsAnsweredElsewhere(ILogger logger);
}
