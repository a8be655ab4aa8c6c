namespace Holdfast.Accounts;

/// <summary>Event ids 9500 to 9599.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 9500, Level = LogLevel.Information, Message = "Session {Session} on {Node}")]
    public static partial void SessionOpened(ILogger logger, string session, string node);

    [LoggerMessage(EventId = 9501, Level = LogLevel.Warning,
        Message = "Session {Session} is lost: {Why} What is owned is written on until the ledger refuses it")]
    public static partial void SessionLost(ILogger logger, string session, string why);

    [LoggerMessage(EventId = 9502, Level = LogLevel.Warning, Message = "Waits with claims: {Why}")]
    public static partial void OwnerWaits(ILogger logger, string why);

    [LoggerMessage(EventId = 9503, Level = LogLevel.Information,
        Message = "Holds {Held} of {Wanted} free accounts now")]
    public static partial void Claimed(ILogger logger, int held, int wanted);

    [LoggerMessage(EventId = 9510, Level = LogLevel.Warning,
        Message = "The ledger refused {Account} under {Epoch}: it is owned by another now")]
    public static partial void Dropped(ILogger logger, string account, string epoch);

    [LoggerMessage(EventId = 9511, Level = LogLevel.Warning, Message = "The ledger is not reached, writes wait: {Why}")]
    public static partial void LedgerGone(ILogger logger, string why);

    [LoggerMessage(EventId = 9512, Level = LogLevel.Information, Message = "The ledger is back, and nothing waits")]
    public static partial void LedgerBack(ILogger logger);

    [LoggerMessage(EventId = 9520, Level = LogLevel.Information, Message = "Group {Group} of {Slots} slots is defined")]
    public static partial void GroupDefined(ILogger logger, string group, int slots);

    [LoggerMessage(EventId = 9521, Level = LogLevel.Error, Message = "Group {Group} is refused, {Code}: {Detail}")]
    public static partial void GroupRefused(ILogger logger, string group, string code, string detail);

    [LoggerMessage(EventId = 9522, Level = LogLevel.Information, Message = "Group {Group} is asked for again: {Why}")]
    public static partial void GroupUnanswered(ILogger logger, string group, string why);
}
