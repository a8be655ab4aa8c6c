namespace Holdfast.Failover.Service;

/// <summary>Event ids 3000 to 3999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 3010, Level = LogLevel.Warning,
        Message = "Failover of {Failed} started: {Fenced} fenced, {GraceMs} ms of grace are over")]
    public static partial void Started(ILogger logger, string failed, string fenced, long graceMs);

    [LoggerMessage(EventId = 3011, Level = LogLevel.Warning,
        Message = "Failover of {Failed} completed {DurationMs} ms after the fence: {Figures}")]
    public static partial void Completed(ILogger logger, string failed, long durationMs, string figures);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Warning,
        Message = "Failover of {Failed} cancelled, {Reason}: {Figures}")]
    public static partial void Cancelled(ILogger logger, string failed, string reason, string figures);

    [LoggerMessage(EventId = 3013, Level = LogLevel.Error,
        Message = "Failover of {Failed} refused, {Reason}: {Detail}")]
    public static partial void Refused(ILogger logger, string failed, string reason, string detail);

    [LoggerMessage(EventId = 3014, Level = LogLevel.Warning,
        Message = "Failover of {Failed} is forced by {Operator}: {Reason}")]
    public static partial void Forced(ILogger logger, string failed, string @operator, string reason);

    [LoggerMessage(EventId = 3015, Level = LogLevel.Warning,
        Message = "Failover of {Failed} to {To} was ordered by {Operator}: {Reason}")]
    public static partial void ForceOrdered(ILogger logger, string failed, string to, string @operator, string reason);

    [LoggerMessage(EventId = 3016, Level = LogLevel.Information,
        Message = "Transfer {Id} of grains of {From} to {To} began")]
    public static partial void TransferBegan(ILogger logger, string from, string to, string id);

    [LoggerMessage(EventId = 3017, Level = LogLevel.Error, Message = "Transfer {Id} ended by an error")]
    public static partial void TransferFailed(ILogger logger, string id, Exception error);

    [LoggerMessage(EventId = 3020, Level = LogLevel.Information, Message = "{Call} on shard {Shard} failed: {Why}")]
    public static partial void CallFailed(ILogger logger, string call, int shard, string why);

    [LoggerMessage(EventId = 3021, Level = LogLevel.Warning, Message = "Consensus' snapshot could not be read: {Why}")]
    public static partial void ObserveFailed(ILogger logger, string why);

    [LoggerMessage(EventId = 3022, Level = LogLevel.Warning,
        Message = "The directory's definition was not written: {Why}")]
    public static partial void DefineFailed(ILogger logger, string why);

    [LoggerMessage(EventId = 3023, Level = LogLevel.Information,
        Message = "The directory's definition is written: {State}")]
    public static partial void Defined(ILogger logger, string state);

    [LoggerMessage(EventId = 3024, Level = LogLevel.Warning,
        Message = "Directory shard {Shard} lost the memory {Gen} (known to {Seq}): reported, the floor is {Floor}")]
    public static partial void MemoryLost(ILogger logger, string shard, string gen, ulong seq, string floor);

    [LoggerMessage(EventId = 3025, Level = LogLevel.Warning, Message = "Directory shard {Shard}: {Step}")]
    public static partial void Repaired(ILogger logger, string shard, string step);

    [LoggerMessage(EventId = 3026, Level = LogLevel.Warning,
        Message = "{Step} of directory shard {Shard} failed and is tried again: {Why}")]
    public static partial void RepairFailed(ILogger logger, string step, string shard, string why);

    [LoggerMessage(EventId = 3027, Level = LogLevel.Warning,
        Message = "{Step} of directory shard {Shard} failed, and is left for the next round: {Why}")]
    public static partial void UpkeepFailed(ILogger logger, string step, string shard, string why);

    [LoggerMessage(EventId = 3030, Level = LogLevel.Warning, Message = "Failover of {Cluster} paused: {Reason}")]
    public static partial void Paused(ILogger logger, string cluster, string reason);

    [LoggerMessage(EventId = 3031, Level = LogLevel.Warning, Message = "Failover of {Cluster} resumed")]
    public static partial void Resumed(ILogger logger, string cluster);

    [LoggerMessage(EventId = 3032, Level = LogLevel.Information,
        Message = "Commands are answered by another Failover of this process")]
    public static partial void CommandsAnsweredElsewhere(ILogger logger);
}
