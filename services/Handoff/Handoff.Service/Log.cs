namespace Holdfast.Handoff.Service;

/// <summary>Event ids 5000 to 5999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 5000, Level = LogLevel.Information,
        Message = "{Daemon}: process {Pid} of build {Build} started as {Role}")]
    public static partial void Launched(ILogger logger, string daemon, int pid, string build, string role);

    [LoggerMessage(EventId = 5001, Level = LogLevel.Error,
        Message = "{Daemon}: build {Build} cannot be started: {Why}")]
    public static partial void NotLaunched(ILogger logger, string daemon, string build, string why);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Information,
        Message = "{Daemon}: process {Pid} of build {Build} is the daemon from now on")]
    public static partial void IsDaemon(ILogger logger, string daemon, int pid, string build);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Information, Message = "{Daemon}: {What}")]
    public static partial void Noted(ILogger logger, string daemon, string what);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning,
        Message = "{Daemon}: the listeners are held by process {Pid}, which this supervisor may not look into; " +
            "it can be watched, but not handed over before it was started again")]
    public static partial void ListenersHeld(ILogger logger, string daemon, int pid);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Information, Message = "{Daemon}: goes on without a supervisor")]
    public static partial void LeftRunning(ILogger logger, string daemon);

    [LoggerMessage(EventId = 5010, Level = LogLevel.Information,
        Message = "{Daemon}: handoff {Handoff} of process {Incumbent} to {Successor}, build {Build}, started")]
    public static partial void Started(
        ILogger logger, string daemon, string handoff, int incumbent, int successor, string build);

    [LoggerMessage(EventId = 5011, Level = LogLevel.Information,
        Message = "{Daemon}: handoff {Handoff} committed, process {Successor} serves after {PauseMs:F0} ms")]
    public static partial void Committed(ILogger logger, string daemon, string handoff, int successor, double pauseMs);

    [LoggerMessage(EventId = 5012, Level = LogLevel.Warning,
        Message = "{Daemon}: handoff {Handoff} aborted at {Step}: {Reason}")]
    public static partial void Aborted(ILogger logger, string daemon, string handoff, string step, string reason);

    [LoggerMessage(EventId = 5020, Level = LogLevel.Warning, Message = "{Daemon}: its epoch was not raised: {Why}")]
    public static partial void EpochNotRaised(ILogger logger, string daemon, string why);

    [LoggerMessage(EventId = 5021, Level = LogLevel.Warning,
        Message = "The session under which epochs are raised is lost: {Why}")]
    public static partial void SessionLost(ILogger logger, string why);

    [LoggerMessage(EventId = 5030, Level = LogLevel.Warning, Message = "The agent was not told {Path}: {Why}")]
    public static partial void AgentUntold(ILogger logger, string path, string why);

    [LoggerMessage(EventId = 5031, Level = LogLevel.Information, Message = "The agent is told again")]
    public static partial void AgentAnswers(ILogger logger);

    [LoggerMessage(EventId = 5040, Level = LogLevel.Information,
        Message = "Commands are answered by another supervisor of this process")]
    public static partial void CommandsAnsweredElsewhere(ILogger logger);
}
