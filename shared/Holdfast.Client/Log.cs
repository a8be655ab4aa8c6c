using Holdfast.Handoff.Wire;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// What the client says: 8001 to 8099 about slots, 8101 to 8199 about handoffs, 8301 to 8399 about elections and
/// snapshots, 8401 to 8499 about grains.
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

    [LoggerMessage(
        EventId = 8401, Level = LogLevel.Debug, Message = "{Grain}, held under {Epoch}, is held no more: {Cause}")]
    public static partial void GrainLost(ILogger logger, string grain, string epoch, GrainLossCause cause);

    [LoggerMessage(
        EventId = 8402,
        Level = LogLevel.Error,
        Message = "{Grain} under {Epoch} could not be loaded; it is tried again and not served before")]
    public static partial void GrainNotLoaded(ILogger logger, string grain, string epoch, Exception failure);

    [LoggerMessage(
        EventId = 8403, Level = LogLevel.Error, Message = "The program failed to take in that {Grain} is lost")]
    public static partial void GrainLossUnheard(ILogger logger, string grain, Exception failure);

    [LoggerMessage(
        EventId = 8404, Level = LogLevel.Warning, Message = "{Grain} could not be drained in time and is kept")]
    public static partial void GrainNotDrained(ILogger logger, string grain, Exception failure);

    [LoggerMessage(
        EventId = 8405,
        Level = LogLevel.Error,
        Message = "No grains of these types are claimed, since their definitions cannot be read: {Types}")]
    public static partial void GrainKindsUnknown(ILogger logger, string types);

    [LoggerMessage(
        EventId = 8406, Level = LogLevel.Warning, Message = "{Shard} of the directory does not answer: {Why}")]
    public static partial void KeeperCallUnanswered(ILogger logger, string shard, string why);

    [LoggerMessage(
        EventId = 8407, Level = LogLevel.Warning, Message = "Keeping grains is held up and tried again: {Why}")]
    public static partial void KeeperStepFailed(ILogger logger, string why);

    [LoggerMessage(
        EventId = 8408,
        Level = LogLevel.Warning,
        Message = "{Shards} shards lost their memory and were told {Heard} of the {Held} grains held of them")]
    public static partial void GrainsTold(ILogger logger, int heard, int held, int shards);

    [LoggerMessage(
        EventId = 8409,
        Level = LogLevel.Warning,
        Message = "Shard {Shard} has another memory; the {Held} grains held of it are claimed again")]
    public static partial void GrainsDoubted(ILogger logger, int held, string shard);

    [LoggerMessage(EventId = 8410, Level = LogLevel.Information, Message = "{Count} grains are offered to {Cluster}")]
    public static partial void GrainsOffered(ILogger logger, int count, string cluster);

    [LoggerMessage(
        EventId = 8411,
        Level = LogLevel.Warning,
        Message = "{Count} offers were not accepted within {Patience} and are withdrawn")]
    public static partial void GrainsWithdrawn(ILogger logger, int count, TimeSpan patience);

    [LoggerMessage(
        EventId = 8412, Level = LogLevel.Information, Message = "{Count} grains that {Cluster} offered are accepted")]
    public static partial void GrainsAccepted(ILogger logger, int count, string cluster);

    [LoggerMessage(
        EventId = 8415,
        Level = LogLevel.Warning,
        Message = "Offers of {Cluster} are not looked for: those of {Others} other clusters are")]
    public static partial void OffersUnheard(ILogger logger, string cluster, int others);

    [LoggerMessage(
        EventId = 8416,
        Level = LogLevel.Warning,
        Message = "{Count} grains are left out: no more than {Max} are kept (GrainKeeper:GrainsMax)")]
    public static partial void GrainsLeftOut(ILogger logger, int count, int max);

    [LoggerMessage(
        EventId = 8417,
        Level = LogLevel.Information,
        Message = "{Count} grains cannot be offered to {Cluster} yet: they are not served, or their shards do not " +
            "answer; they are tried again")]
    public static partial void OffersPostponed(ILogger logger, int count, string cluster);

    [LoggerMessage(
        EventId = 8418,
        Level = LogLevel.Warning,
        Message = "{Count} grains could not be offered to {Cluster} within {Deadline} and are kept")]
    public static partial void OffersGivenUp(ILogger logger, int count, string cluster, TimeSpan deadline);

    [LoggerMessage(
        EventId = 8419,
        Level = LogLevel.Information,
        Message = "{Count} grains are not offered to {Cluster}: their types' definitions do not let them live there, " +
            "or cannot be read")]
    public static partial void OffersNotAllowed(ILogger logger, int count, string cluster);

    [LoggerMessage(EventId = 8413, Level = LogLevel.Warning, Message = "No grains are claimed now: {Reason}")]
    public static partial void KeeperWithoutSession(ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8414, Level = LogLevel.Information, Message = "Keeps grains under session {Session} on {Node}")]
    public static partial void KeeperRuns(ILogger logger, string session, string node);

    [LoggerMessage(
        EventId = 8490,
        Level = LogLevel.Error,
        Message = "Shard {Shard} forgot what it had answered of {Gen} up to {Seq}; reported, the floor is {Floor}")]
    public static partial void LossReported(ILogger logger, string shard, string gen, ulong seq, string floor);

    [LoggerMessage(
        EventId = 8491,
        Level = LogLevel.Warning,
        Message = "That shard {Shard} forgot something could not be reported yet: {Why}")]
    public static partial void LossUnreported(ILogger logger, string shard, string why);
}
