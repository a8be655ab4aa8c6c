using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Loop;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Events;

/// <summary>Pauses and resumes, by command or by HTTP: a definition in Consensus, which every Failover reads.</summary>
internal sealed class PauseDesk(
    ConsensusClient consensus, FailoverMailbox mailbox, TimeProvider time, ILogger<PauseDesk> logger)
{
    private const string EveryCluster = "every cluster";

    public async Task<ICommandAnswer> PauseAsync(PauseFailover command, CancellationToken cancel)
    {
        var answer = await WriteAsync(command.CommandId, command.ClusterId, paused: true, command.Reason, cancel);
        if (answer is CommandAccepted)
            Log.Paused(logger, command.ClusterId ?? EveryCluster, command.Reason ?? "no reason given");
        return answer;
    }

    public async Task<ICommandAnswer> ResumeAsync(ResumeFailover command, CancellationToken cancel)
    {
        var answer = await WriteAsync(command.CommandId, command.ClusterId, paused: false, reason: null, cancel);
        if (answer is CommandAccepted) Log.Resumed(logger, command.ClusterId ?? EveryCluster);
        return answer;
    }

    private async Task<ICommandAnswer> WriteAsync(
        Guid command, string? cluster, bool paused, string? reason, CancellationToken cancel)
    {
        if (cluster is not null && !ClusterId.IsLegal(cluster))
        {
            return Refused(
                command,
                "invalidCluster",
                $"'{cluster}' is no cluster id.",
                "A cluster id of 1 to 128 characters of A-Z a-z 0-9 . _ -, or none for every cluster.");
        }

        var key = PauseText.KeyOf(cluster is null ? null : new ClusterId(cluster));
        var text = new PauseText(paused, reason, time.GetUtcNow().UtcDateTime);
        try
        {
            var outcome = await consensus.PutDefinitionAsync(key, text.Write(), cancel);
            if (outcome.Refusal is { } refusal)
                return Refused(command, refusal.Code, refusal.Detail, "What Consensus accepts as a definition.");
        }
        catch (ConsensusUnavailableException away)
        {
            return Refused(
                command,
                ProblemCodes.NoQuorum,
                $"It may or may not have been written: {away.Message}",
                "The same again, once Consensus answers.");
        }

        mailbox.Hint();
        return new CommandAccepted
        {
            CommandId = command,
            Detail = $"Automatic failover of {cluster ?? EveryCluster} is {(paused ? "paused" : "allowed")}.",
        };
    }

    private static CommandRefused Refused(Guid command, string code, string detail, string legal) =>
        new() { CommandId = command, Code = code, Detail = detail, Legal = legal };
}
