using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Recovery.Protocol;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Events;

/// <summary>Writes definitions for commands: what Consensus refuses, or leaves open, is told to the sender.</summary>
internal abstract class DefinitionDesk(RecoveryMailbox mailbox)
{
    /// <summary>Runs what asks Consensus; its silence is a refusal that says so.</summary>
    protected async Task<ICommandAnswer> AnswerAsync(Guid command, Func<Task<ICommandAnswer>> work)
    {
        try
        {
            var answer = await work();
            if (answer is CommandAccepted) mailbox.Hint(new RecoveryInput.Hint());
            return answer;
        }
        catch (ConsensusUnavailableException away)
        {
            return Refused(
                command,
                ProblemCodes.NoQuorum,
                $"It may or may not have been written: {away.Message}",
                "The same again, once Consensus answers.");
        }
    }

    /// <summary>The answer to a write.</summary>
    protected static ICommandAnswer AnswerOf(
        Guid command, ConsensusOutcome<DefinitionAnswer> outcome, string accepted) => outcome.Refusal is { } refusal
        ? Refused(command, refusal.Code, refusal.Detail, "What Consensus accepts as a definition.")
        : new CommandAccepted { CommandId = command, Detail = accepted };

    protected static CommandRefused Refused(Guid command, string code, string detail, string legal) =>
        new() { CommandId = command, Code = code, Detail = detail, Legal = legal };
}
