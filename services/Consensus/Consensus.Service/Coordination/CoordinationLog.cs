using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Coordination;

/// <summary>The way into the log: stamps and encodes a command, and waits until it is applied here.</summary>
internal sealed class CoordinationLog(
    RaftHost raft, CoordinationMachine machine, ConsensusOptions options, TimeProvider clock)
{
    private const byte Newest = CommandCodec.LossVersion;

    /// <param name="command">What is to be done.</param>
    /// <param name="traceParent">The trace of the request.</param>
    /// <param name="cancel">Gives up waiting; the outcome is unknown then.</param>
    /// <param name="request">
    /// Marks the request, so that a repeat does nothing. Left out while a member does not read marked commands.
    /// </param>
    public async Task<ProposeOutcome> ProposeAsync(
        CoordinationCommand command, string? traceParent, CancellationToken cancel, RequestTag? request = null)
    {
        if (command is CoordinationCommand.DirectoryLost)
        {
            if (await FormatAsync(CommandCodec.LossVersion, traceParent, cancel) is { } notBegun) return notBegun;
            if (machine.Current.Format < CommandCodec.LossVersion) return new ProposeOutcome.NotReadByAll();
        }
        else if (request is not null)
        {
            if (await FormatAsync(CommandCodec.RequestVersion, traceParent, cancel) is { } notBegun) return notBegun;
            if (machine.Current.Format < CommandCodec.RequestVersion) request = null;
        }

        var stamp = new CommandStamp(
            options.Generation, clock.GetUtcNow().ToUnixTimeMilliseconds(), Telemetry.LegalTrace(traceParent))
        {
            Request = request,
        };
        var outcome = await raft.ProposeAsync(CommandCodec.Encode(new StampedCommand(stamp, command)), cancel);
        Telemetry.Proposed(command, outcome);
        return outcome;
    }

    /// <summary>
    /// Brings the state to the newest format that all members read. The log says so before the first entry of it: a
    /// leader that has applied what was committed before its term knows then what may be in its log, also while a voter
    /// that could tell is down. Else a request that an earlier leader had marked could be repeated without the mark.
    /// </summary>
    /// <returns>Why it cannot be told; null when the state's format is the one to use.</returns>
    private async Task<ProposeOutcome?> FormatAsync(byte wanted, string? traceParent, CancellationToken cancel)
    {
        // Raised as soon as it can be: what wants the newest format may come while a voter is down.
        var isEnough = machine.Current.Format >= wanted;
        if (isEnough && (machine.Current.Format >= Newest || !raft.DoAllSpeak(Handshake.ReadsLosses))) return null;
        if (!await raft.ConfirmLeadershipAsync(cancel))
        {
            var leader = raft.Status.Leader;
            return new ProposeOutcome.NotLeader(leader == raft.Status.Node ? null : leader);
        }

        if (NewestReadByAll() is not { } format || format <= machine.Current.Format) return null;
        var raised = await ProposeAsync(new CoordinationCommand.RaiseFormat(format), traceParent, cancel);
        return raised is ProposeOutcome.Applied ? null : raised;
    }

    /// <summary>Null where a member may read the first format only.</summary>
    private byte? NewestReadByAll()
    {
        if (raft.DoAllSpeak(Handshake.ReadsLosses)) return CommandCodec.LossVersion;
        return raft.DoAllSpeak(Handshake.ReadsRequests) ? CommandCodec.RequestVersion : null;
    }
}
