using System.Diagnostics;
using Holdfast.Consensus.Rounds.Checks;
using Holdfast.Consensus.Rounds.Load;
using Holdfast.Consensus.Rounds.Sandboxes;
using Holdfast.Consensus.Rounds.Voters;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>
/// One round: voters start, clients work, one fault comes and goes, all heals; then nothing that was acknowledged may
/// be missing, no term may have had two leaders, and what is on the disks must agree.
/// </summary>
internal sealed class Round(RoundPlan plan, SandboxKind sandbox, Action<string> say)
{
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(1);

    public async Task<RoundReport> RunAsync(CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        var (all, _) = plan.Voters;
        var network = sandbox == SandboxKind.None ? null : await VoterNetwork.SetUpAsync(all, cancel);
        var folder = network is null
            ? System.IO.Directory.CreateTempSubdirectory("holdfast-round-").FullName
            : System.IO.Directory.CreateDirectory(VoterNetwork.OwnFolder).FullName;
        try
        {
            var report = await RunAsync(new VoterPlaces(folder, sandbox, network), cancel);
            return report with { Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
        }
        finally
        {
            // In a sandbox it ends with that.
            if (network is null) System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<RoundReport> RunAsync(VoterPlaces places, CancellationToken cancel)
    {
        var (all, first) = plan.Voters;
        await using VoterGroup group = plan.System == RoundSystem.Store
            ? new StoreGroup(places, plan.SnapshotEntries)
            : new ServiceGroup(places, first, plan.SnapshotEntries);
        for (var i = 0; i < all; i++) await group.AddAsync(cancel);
        foreach (var voter in group.Voters.Take(first)) await group.StartAsync(voter);
        await group.LeaderAsync(cancel);
        await using ILoad load = group is ServiceGroup service
            ? new CoordinationLoad(service, plan.Load)
            : new StoreLoad((StoreGroup)group, plan.Load);
        load.Start();
        await Lasting.ForAsync(Before, cancel);
        var before = load.Acknowledged;
        var serving = await TellAsync(group, load, cancel);
        var meanwhile = load.Acknowledged - before;
        say($"healed; {meanwhile} writes were acknowledged meanwhile");
        await group.AgreeAsync(serving, cancel);
        await Lasting.ForAsync(After, cancel);
        await load.StopAsync();
        var findings = await load.CheckAsync(cancel);
        await group.AgreeAsync(serving, cancel);
        await group.StopAsync(cancel);
        return new RoundReport
        {
            Seed = plan.Seed,
            Fault = plan.Name,
            Acknowledged = findings.Acknowledged,
            AcknowledgedMeanwhile = meanwhile,
            Lost = findings.Lost,
            Terms = group.Leaders.Count,
            Problems = [.. findings.Problems, .. group.Leaders.Problems, .. LogAgreement.Problems(group)],
        };
    }

    /// <returns>Who serves in the end.</returns>
    private async Task<IReadOnlyList<Voter>> TellAsync(VoterGroup group, ILoad load, CancellationToken cancel)
    {
        switch (plan.Story)
        {
            case RoundStory.Members:
                return await new MembersStory((ServiceGroup)group, load, say).TellAsync(cancel);
            case RoundStory.RollBack:
                await RollBackAsync(group, load, cancel);
                return group.Voters;
            default:
                await new Faults(group, plan, say).InflictAsync(cancel);
                return group.Voters;
        }
    }

    private static async Task<VoterState> LeaderOfAsync(VoterGroup group, CancellationToken cancel)
    {
        while (true)
        {
            var leader = await group.LeaderAsync(cancel);
            if (await group.StateAsync(leader, cancel) is { } state) return state;
        }
    }

    /// <summary>
    /// The mistake that a round must find: what a majority acknowledged since was never flushed, and is gone with the
    /// power. The third voter comes back when the two have a leader, which it then follows.
    /// </summary>
    private static async Task RollBackAsync(VoterGroup group, ILoad load, CancellationToken cancel)
    {
        await VoterGroup.KillAsync(group.Voters, cancel);
        var majority = group.Voters.Take(2).ToList();
        foreach (var voter in majority) voter.Disk.Keep();
        await group.StartAllAsync();
        await group.AgreeAsync(group.Voters, cancel);
        var before = load.Acknowledged;
        await Lasting.UntilAsync(
            "a hundred writes",
            TimeSpan.FromSeconds(60),
            _ => Task.FromResult(load.Acknowledged > before + 100),
            cancel);
        var term = (await LeaderOfAsync(group, cancel)).Term;
        await VoterGroup.KillAsync(group.Voters, cancel);
        foreach (var voter in majority) voter.Disk.RollBack();
        foreach (var voter in majority) await group.StartAsync(voter);

        // In an older term than the third one knows it would not follow, but lead by its longer log.
        while ((await LeaderOfAsync(group, cancel)).Term < term)
        {
            await VoterGroup.KillAsync(majority, cancel);
            foreach (var voter in majority) await group.StartAsync(voter);
        }

        await group.StartAllAsync();
    }
}
