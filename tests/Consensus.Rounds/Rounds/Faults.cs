using Holdfast.Consensus.Rounds.Checks;
using Holdfast.Consensus.Rounds.Voters;
using Holdfast.Simulation;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>Does to the voters what the plan of a round says, for as long as it says, and heals it.</summary>
internal sealed class Faults(VoterGroup group, RoundPlan plan, Action<string> say)
{
    private static readonly TimeSpan FullPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SpacePatience = TimeSpan.FromSeconds(60);

    private readonly Chance _chance = new Chance(plan.Seed).Stream("victims");

    public async Task InflictAsync(CancellationToken cancel)
    {
        var leader = await group.LeaderAsync(cancel);
        var follower = _chance.Pick(group.Voters.Where(voter => voter != leader).ToList());
        switch (plan.Fault)
        {
            case RoundFault.KillLeader:
                await KillAsync([leader], cancel);
                break;
            case RoundFault.KillFollower:
                await KillAsync([follower], cancel);
                break;
            case RoundFault.KillAll:
                await KillAsync(group.Voters, cancel);
                break;
            case RoundFault.StopLeader:
                await SuspendAsync(leader, cancel);
                break;
            case RoundFault.FullDisk:
                await FillAsync([leader, .. group.Voters.Where(voter => voter != leader)], cancel);
                break;
            default:
                await CutAsync(leader, cancel);
                break;
        }
    }

    private async Task KillAsync(IReadOnlyList<Voter> victims, CancellationToken cancel)
    {
        say($"SIGKILL to {Names(victims)}");
        await VoterGroup.KillAsync(victims, cancel);

        // With all of them down nothing can happen, so that they need not stay down for long.
        if (victims.Count < group.Voters.Count) await Lasting.ForAsync(plan.Lasts, cancel);
        await group.StartAllAsync();
    }

    private async Task SuspendAsync(Voter leader, CancellationToken cancel)
    {
        say($"SIGSTOP to {leader.Name}");
        await leader.Process!.SuspendAsync();
        try
        {
            await Lasting.ForAsync(plan.Lasts, cancel);
        }
        finally
        {
            leader.Process.Resume();
        }
    }

    private async Task CutAsync(Voter leader, CancellationToken cancel)
    {
        var network = group.Network!;
        say($"{plan.Fault}: {leader.Name}");
        await (plan.Fault switch
        {
            RoundFault.DeafLeader => network.DeafenAsync(leader.Number, cancel),
            RoundFault.MuteLeader => network.MuteAsync(leader.Number, cancel),
            _ => network.CutAsync(leader.Number, cancel),
        });
        await Lasting.ForAsync(plan.Lasts, cancel);
        await network.HealAsync(cancel);
    }

    /// <summary>
    /// Who cannot write stops, and says so with its exit code; made to start again with space, it must be as it was.
    /// </summary>
    private async Task FillAsync(IReadOnlyList<Voter> order, CancellationToken cancel)
    {
        var victims = order.Take(plan.Victims).ToList();
        say($"full disk: {Names(victims)}");
        foreach (var voter in victims) voter.Disk.Fill();
        await Lasting.UntilAsync(
            () => $"a voter with a full disk stops.{group.Said()}",
            FullPatience,
            _ => Task.FromResult(victims.Exists(voter => !voter.IsUp)),
            cancel);
        await Lasting.ForAsync(plan.Lasts, cancel);
        foreach (var voter in victims) voter.Disk.MakeSpace();
        await ServeAgainAsync(victims, cancel);
    }

    /// <summary>
    /// Until each has applied more than any had logged when all answered: who failed to write just before there was
    /// space answers for a moment, goes no further, and stops.
    /// </summary>
    private async Task ServeAgainAsync(List<Voter> victims, CancellationToken cancel)
    {
        ulong? logged = null;
        var started = new HashSet<Voter>();
        await Lasting.UntilAsync(
            () => $"all voters get on, with space on their disks.{group.Said()}",
            SpacePatience,
            async asking =>
            {
                foreach (var voter in victims.Where(voter => !voter.IsUp))
                {
                    if (!started.Add(voter))
                    {
                        await voter.Process!.ExitAsync(asking);
                        throw new RoundBrokenException($"{voter.Name} stopped again.\n{voter.Process.Said}");
                    }

                    await StartStoppedAsync(voter, asking);
                }

                var states = await Task.WhenAll(group.Voters.Select(voter => group.StateAsync(voter, asking)));
                if (states.Any(state => state is null)) return false;
                logged ??= states.Max(state => state!.Last);
                return states.All(state => state!.Applied > logged);
            },
            cancel);
    }

    private async Task StartStoppedAsync(Voter voter, CancellationToken cancel)
    {
        var ended = voter.Process!;
        await ended.ExitAsync(cancel);
        say($"{voter.Name} stopped with exit code {ended.ExitCode}");
        if (ended.ExitCode == 0 || !ended.Said.Contains("stopped by itself", StringComparison.Ordinal))
            throw new RoundBrokenException($"{voter.Name} ended without saying why.\n{ended.Said}");
        await group.StartAsync(voter);
    }

    private static string Names(IEnumerable<Voter> voters) => string.Join(", ", voters.Select(voter => voter.Name));
}
