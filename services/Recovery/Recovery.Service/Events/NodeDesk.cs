using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Primitives;
using Holdfast.Recovery.Service.Consensus;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Events;

/// <summary>Cordons and uncordons nodes: definitions in Consensus, which every Recovery reads.</summary>
internal sealed class NodeDesk(
    ConsensusClient consensus, RecoveryMailbox mailbox, TimeProvider time, ILogger<NodeDesk> logger)
    : DefinitionDesk(mailbox)
{
    public Task<ICommandAnswer> CordonAsync(CordonNode command, CancellationToken cancel) =>
        WriteAsync(command.CommandId, command.NodeId, cordoned: true, cancel);

    public Task<ICommandAnswer> UncordonAsync(UncordonNode command, CancellationToken cancel) =>
        WriteAsync(command.CommandId, command.NodeId, cordoned: false, cancel);

    private Task<ICommandAnswer> WriteAsync(Guid command, string node, bool cordoned, CancellationToken cancel)
    {
        if (!NodeId.IsLegal(node))
        {
            return Task.FromResult<ICommandAnswer>(Refused(
                command,
                "invalidNode",
                $"'{node}' is no node id.",
                "A node id of 1 to 128 characters of A-Z a-z 0-9 . _ -."));
        }

        return AnswerAsync(command, async () =>
        {
            var text = new CordonText(cordoned, time.GetUtcNow().UtcDateTime);
            var outcome = await consensus.PutDefinitionAsync(
                CordonText.KeyOf(new NodeId(node)), text.Write(), cancel);
            if (outcome.Refusal is null) Log.NodeCordoned(logger, node, cordoned);
            return AnswerOf(
                command, outcome, cordoned ? $"{node} gets no slots from now on." : $"{node} gets slots again.");
        });
    }
}
