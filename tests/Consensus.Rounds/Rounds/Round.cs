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
    private const int VotersInARound = 3;
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(1);

    public async Task<RoundReport> RunAsync(bool rollsBack, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        var folder = System.IO.Directory.CreateTempSubdirectory("holdfast-round-").FullName;
        try
        {
            var report = await RunAsync(folder, rollsBack, cancel);
            return report with { Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
        }
        finally
        {
            await LeaveAsync(folder);
        }
    }

    private async Task<RoundReport> RunAsync(string folder, bool rollsBack, CancellationToken cancel)
    {
        var network = sandbox == SandboxKind.None ? null : await VoterNetwork.SetUpAsync(VotersInARound, cancel);
        var places = new VoterPlaces(folder, sandbox, network);
        await using VoterGroup group = plan.System == RoundSystem.Store
            ? new StoreGroup(places)
            : new ServiceGroup(places, VotersInARound);
        for (var i = 0; i < VotersInARound; i++) await group.AddAsync(cancel);
        await group.StartAllAsync();
        await group.LeaderAsync(cancel);
        await using ILoad load = group is ServiceGroup service
            ? new CoordinationLoad(service, plan.Load)
            : new StoreLoad((StoreGroup)group, plan.Load);
        load.Start();
        await Lasting.ForAsync(Before, cancel);
        var before = load.Acknowledged;
        if (rollsBack) await RollBackAsync(group, load, cancel);
        else await new Faults(group, plan, say).InflictAsync(cancel);
        var meanwhile = load.Acknowledged - before;
        say($"healed; {meanwhile} writes were acknowledged meanwhile");
        await group.AgreeAsync(cancel);
        await Lasting.ForAsync(After, cancel);
        await load.StopAsync();
        var findings = await load.CheckAsync(cancel);
        await group.AgreeAsync(cancel);
        await group.StopAsync(cancel);
        return new RoundReport
        {
            Seed = plan.Seed,
            Fault = $"{plan.Fault} of {plan.System}",
            Acknowledged = findings.Acknowledged,
            AcknowledgedMeanwhile = meanwhile,
            Lost = findings.Lost,
            Terms = group.Leaders.Count,
            Problems = [.. findings.Problems, .. group.Leaders.Problems, .. LogAgreement.Problems(group)],
        };
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
        await group.AgreeAsync(cancel);
        var before = load.Acknowledged;
        await Lasting.UntilAsync(
            "a hundred writes",
            TimeSpan.FromSeconds(60),
            _ => Task.FromResult(load.Acknowledged > before + 100),
            cancel);
        await VoterGroup.KillAsync(group.Voters, cancel);
        foreach (var voter in majority)
        {
            voter.Disk.RollBack();
            await voter.Process!.DisposeAsync();
            group.Start(voter);
        }

        await group.LeaderAsync(cancel);
        await group.StartAllAsync();
    }

    /// <summary>In a sandbox the disks are mounts, which end with it; the folder itself goes here.</summary>
    private async Task LeaveAsync(string folder)
    {
        if (sandbox != SandboxKind.None)
            foreach (var mount in System.IO.Directory.GetDirectories(folder))
                await Tool.TryAsync("umount", [mount], CancellationToken.None);
        System.IO.Directory.Delete(folder, recursive: true);
    }
}
