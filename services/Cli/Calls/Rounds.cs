using Holdfast.Cli.Settings;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Calls;

/// <summary>Asks all configured services side by side.</summary>
internal sealed class Rounds(ServiceCaller caller, ToolSettings settings, TimeProvider time)
{
    private const string Ready = "/readyz";

    // Of each kind: a bound for lists that somebody generated.
    private const int AskedAtOnceMax = 32;

    public async Task<Findings> AskAllAsync(CancellationToken cancel)
    {
        var at = time.GetUtcNow().UtcDateTime;
        var voters = AskAsync<ConsensusStatus>(settings.Consensus, ConsensusRoutes.Status, cancel);
        var agents = AskAsync<GossipSnapshot>(settings.Gossip, ConsensusRoutes.Snapshot, cancel);
        var failovers = AskAsync<ClustersAnswer>(settings.Failover, FailoverRoutes.Clusters, cancel);
        var recoveries = AskAsync<GroupsAnswer>(settings.Recovery, RecoveryRoutes.Groups, cancel);
        var supervisors = AskAsync<HandoffSnapshot>(settings.Handoff, ConsensusRoutes.Snapshot, cancel);
        return new Findings
        {
            At = at,
            Voters = await voters,
            Snapshot = await SnapshotAsync(await voters, cancel),
            Agents = await agents,
            Failovers = await failovers,
            Recoveries = await recoveries,
            Supervisors = await supervisors,
        };
    }

    /// <summary>That of the leader, else of who has applied the most, which may be behind.</summary>
    private async Task<ConsensusSnapshot?> SnapshotAsync(
        IReadOnlyList<Asked<ConsensusStatus>> voters, CancellationToken cancel)
    {
        var best = voters.Where(voter => voter.Answer.Value is not null)
            .OrderByDescending(voter => voter.Answer.Value!.Role == "leader")
            .ThenByDescending(voter => voter.Answer.Value!.Term)
            .ThenByDescending(voter => voter.Answer.Value!.AppliedIndex);
        foreach (var voter in best)
        {
            var reply = await caller.GetAsync<ConsensusSnapshot>(voter.Address, ConsensusRoutes.Snapshot, cancel);
            if (reply.Value is { } snapshot) return snapshot;
        }

        return null;
    }

    private async Task<IReadOnlyList<Asked<T>>> AskAsync<T>(
        IReadOnlyList<Uri> services, string path, CancellationToken cancel)
        where T : class
    {
        var answers = new Asked<T>[services.Count];
        var bound = new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnceMax, CancellationToken = cancel };
        await Parallel.ForAsync(0, services.Count, bound, async (i, late) =>
        {
            var readiness = caller.GetAsync<ReadinessAnswer>(services[i], Ready, late);
            var answer = caller.GetAsync<T>(services[i], path, late);
            answers[i] = new Asked<T>(services[i], await readiness, await answer);
        });
        return answers;
    }
}
