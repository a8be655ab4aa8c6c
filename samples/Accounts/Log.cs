namespace Holdfast.Accounts;

/// <summary>Event ids 9500 to 9599.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 9502, Level = LogLevel.Warning, Message = "Waits with new accounts: {Why}")]
    public static partial void OpeningWaits(ILogger logger, string why);

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
