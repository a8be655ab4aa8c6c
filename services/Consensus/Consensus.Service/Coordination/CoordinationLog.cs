using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Coordination;

/// <summary>The way into the log: stamps and encodes a command, and waits until it is applied here.</summary>
internal sealed class CoordinationLog(RaftHost raft, ConsensusOptions options, TimeProvider clock)
{
    public async Task<ProposeOutcome> ProposeAsync(
        CoordinationCommand command, string? traceParent, CancellationToken cancel)
    {
        var stamp = new CommandStamp(
            options.Generation, clock.GetUtcNow().ToUnixTimeMilliseconds(), Telemetry.LegalTrace(traceParent));
        var outcome = await raft.ProposeAsync(CommandCodec.Encode(new StampedCommand(stamp, command)), cancel);
        Telemetry.Proposed(command, outcome);
        return outcome;
    }
}
