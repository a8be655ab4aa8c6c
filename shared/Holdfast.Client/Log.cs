using Holdfast.Handoff.Wire;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// What the client says: 8001 to 8099 about slots, 8101 to 8199 about handoffs, 8301 to 8399 about elections and
/// snapshots.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(
        EventId = 8001, Level = LogLevel.Information, Message = "Slot {Slot} under {Epoch} is {State}. {Detail}")]
    public static partial void SlotChanged(ILogger logger, string slot, string epoch, string state, string detail);

    [LoggerMessage(EventId = 8002, Level = LogLevel.Warning, Message = "Not followed: {Order}")]
    public static partial void SlotOrderRefused(ILogger logger, string order);

    [LoggerMessage(
        EventId = 8003,
        Level = LogLevel.Error,
        Message = "Slot {Slot} under {Epoch} could not be stopped and may still run; it is tried again")]
    public static partial void SlotNotStopped(ILogger logger, string slot, string epoch, Exception failure);

    [LoggerMessage(
        EventId = 8004,
        Level = LogLevel.Warning,
        Message = "Recovery takes no sync of the slots ({Code}): {Detail}. It is tried again and again")]
    public static partial void SlotsNotSynced(ILogger logger, string code, string detail);

    [LoggerMessage(
        EventId = 8005,
        Level = LogLevel.Warning,
        Message = "The session of the host is lost; {Count} starts and stops of slots are waited for")]
    public static partial void SlotSessionLost(ILogger logger, int count);

    [LoggerMessage(
        EventId = 8006,
        Level = LogLevel.Error,
        Message = "{Count} slots did not stop within {Deadline} and may still run")]
    public static partial void SlotsStillRun(ILogger logger, int count, TimeSpan deadline);

    [LoggerMessage(EventId = 8007, Level = LogLevel.Warning, Message = "No slots are hosted now: {Reason}")]
    public static partial void SlotSessionFailed(ILogger logger, string reason);

    [LoggerMessage(EventId = 8008, Level = LogLevel.Information, Message = "Recovery takes syncs of the slots again")]
    public static partial void SlotsSynced(ILogger logger);

    [LoggerMessage(
        EventId = 8101, Level = LogLevel.Information, Message = "Handoff {Handoff}, {Role}: {Step}. {Detail}")]
    public static partial void HandoffStep(
        ILogger logger, string role, HandoffId? handoff, DaemonStep step, string detail);

    [LoggerMessage(EventId = 8102, Level = LogLevel.Error, Message = "A part of the handoff failed: {Part}")]
    public static partial void HandoffPartFailed(ILogger logger, string part, Exception failure);

    [LoggerMessage(
        EventId = 8103, Level = LogLevel.Warning, Message = "Starts without a newer epoch, as configured: {Reason}")]
    public static partial void StartsUnfenced(ILogger logger, string reason);

    [LoggerMessage(EventId = 8104, Level = LogLevel.Warning, Message = "No supervisor could be let in: {Reason}")]
    public static partial void HandoffNotAccepted(ILogger logger, string reason);

    [LoggerMessage(EventId = 8105, Level = LogLevel.Error, Message = "The handoff's queue is full; dropped: {Input}")]
    public static partial void HandoffInputDropped(ILogger logger, string input);

    [LoggerMessage(EventId = 8301, Level = LogLevel.Information, Message = "Holds {Election} under token {Token}")]
    public static partial void ElectionWon(ILogger logger, string election, string token);

    [LoggerMessage(EventId = 8302, Level = LogLevel.Warning, Message = "Holds {Election} no more")]
    public static partial void ElectionLost(ILogger logger, string election);

    [LoggerMessage(EventId = 8303, Level = LogLevel.Warning, Message = "No session in Consensus: {Why}")]
    public static partial void SeatWithoutSession(ILogger logger, string why);

    [LoggerMessage(EventId = 8304, Level = LogLevel.Warning, Message = "{Election} could not be advanced: {Why}")]
    public static partial void AdvanceFailed(ILogger logger, string election, string why);

    [LoggerMessage(
        EventId = 8305,
        Level = LogLevel.Information,
        Message = "The agent of {Node} lives: the session is opened anew under the node's name")]
    public static partial void SessionNamed(ILogger logger, string node);

    [LoggerMessage(
        EventId = 8306, Level = LogLevel.Warning, Message = "Whether the own agent lives could not be read: {Why}")]
    public static partial void AgentUnknown(ILogger logger, string why);

    [LoggerMessage(
        EventId = 8307,
        Level = LogLevel.Information,
        Message = "The voter {Voter} is at {Horizon}, behind {Wanted}; another is asked next")]
    public static partial void VoterBehind(ILogger logger, string voter, string horizon, string wanted);
}
