using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Coordination;

/// <summary>The way into the log: stamps and encodes a command, and waits until it is applied here.</summary>
internal sealed class CoordinationLog(
    RaftHost raft, CoordinationMachine machine, ConsensusOptions options, TimeProvider clock)
{
    /// <param name="command">What is to be done.</param>
    /// <param name="traceParent">The trace of the request.</param>
    /// <param name="cancel">Gives up waiting; the outcome is unknown then.</param>
    /// <param name="request">
    /// Marks the request, so that a repeat does nothing. Left out while a member does not read marked commands.
    /// </param>
    public async Task<ProposeOutcome> ProposeAsync(
        CoordinationCommand command, string? traceParent, CancellationToken cancel, RequestTag? request = null)
    {
        if (request is not null)
        {
            if (await FormatAsync(traceParent, cancel) is { } notBegun) return notBegun;
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
    private async Task<ProposeOutcome?> FormatAsync(string? traceParent, CancellationToken cancel)
    {
        if (machine.Current.Format >= CommandCodec.RequestVersion) return null;
        if (!await raft.ConfirmLeadershipAsync(cancel))
        {
            var leader = raft.Status.Leader;
            return new ProposeOutcome.NotLeader(leader == raft.Status.Node ? null : leader);
        }

        if (machine.Current.Format >= CommandCodec.RequestVersion || !raft.DoAllSpeak(Handshake.ReadsRequests))
            return null;
        var raise = new CoordinationCommand.RaiseFormat(CommandCodec.RequestVersion);
        var raised = await ProposeAsync(raise, traceParent, cancel);
        return raised is ProposeOutcome.Applied ? null : raised;
    }
}
