using Holdfast.Failover.Rounds.Checks;
using Holdfast.Failover.Rounds.Passages;
using Holdfast.Failover.Rounds.World;
using Holdfast.Simulation;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>
/// Does in the middle of a sweep what the plan of a round says, and heals it: some faults after a while, others when
/// the grains have an owner all the same.
/// </summary>
internal sealed class FaultStory(Installation world, RoundPlan plan, Action<string> say)
{
    /// <summary>What a lease may overrun: a promotion may be on its way here when it ends, on a busy machine.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Sealing = TimeSpan.FromSeconds(5);

    private readonly Trap _trap = new(plan.After, plan.Side);
    private readonly List<string> _problems = [];

    /// <summary>What was seen that should not be.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Where in the sweep it happened; null before, and where the sweep was over first.</summary>
    public string? At { get; private set; }

    /// <summary>The steps of a sweep that was over before the fault, else none.</summary>
    public IReadOnlyList<SweepStep> Course { get; private set; } = [];

    /// <summary>Before the fence.</summary>
    public async Task PrepareAsync()
    {
        if (plan.Fault == RoundFault.BusAway)
        {
            say($"RabbitMQ is {(plan.IsRough ? "killed" : "stopped")}");
            await (plan.IsRough ? world.Rabbit.KillAsync() : world.Rabbit.StopAsync());
            At = "through all of it";
            return;
        }

        world.Turnstile.Set(_trap);
    }

    /// <summary>From the fence on.</summary>
    /// <param name="owned">Completes when all grains have a new owner.</param>
    /// <param name="unchanged">Demands that nothing of the grains is changed by what it is given to do.</param>
    public async Task TellAsync(Task owned, Func<Func<Task>, Task> unchanged)
    {
        if (plan.Fault == RoundFault.BusAway)
        {
            try
            {
                await owned;
            }
            finally
            {
                await world.Rabbit.RestartAsync();
            }

            return;
        }

        try
        {
            if (await SprungAsync(owned) is not { } sprung) return;
            At = sprung.ToString();
            say($"{plan.Fault} {At}: {sprung.Process}");
            await InflictAsync(world.Promoters.Single(one => one.Name == sprung.Process), owned, unchanged);
        }
        finally
        {
            world.Turnstile.Set(null);
            _trap.Release(goOn: true);
        }
    }

    /// <summary>A sweep goes on for a while when all grains have an owner: it tells of them, and seals.</summary>
    private async Task<Sprung?> SprungAsync(Task owned)
    {
        if (await Task.WhenAny(_trap.Sprung, owned) == owned)
        {
            await Task.WhenAny(_trap.Sprung, ForAsync(Sealing));
            if (!_trap.Sprung.IsCompleted)
            {
                Course = _trap.Course;
                say($"the sweep was over before that step: it had {Course.Count}");
                return null;
            }
        }

        return await _trap.Sprung;
    }

    private Task InflictAsync(Promoter victim, Task owned, Func<Func<Task>, Task> unchanged) => plan.Fault switch
    {
        RoundFault.PromoterKilled => KillAsync(victim, owned),
        RoundFault.PromoterStopped => StopAsync(victim, owned, unchanged),
        RoundFault.RedisStopped => StopRedisAsync(),
        RoundFault.RedisKilled => KillRedisAsync(victim, owned),
        RoundFault.NoQuorum => StopVotersAsync(owned),
        _ => CutAsync(victim, owned, unchanged),
    };

    private async Task KillAsync(Promoter victim, Task owned)
    {
        victim.Kill();
        _trap.Release(goOn: false);
        await owned;
        await victim.StartAsync();
    }

    /// <summary>Its calls come as late as it does.</summary>
    private async Task StopAsync(Promoter victim, Task owned, Func<Func<Task>, Task> unchanged)
    {
        await victim.PauseAsync();
        try
        {
            await SucceededAsync(victim);
            await owned;
        }
        finally
        {
            victim.Resume();
        }

        await unchanged(() => LetGoAsync(victim));
    }

    private async Task CutAsync(Promoter victim, Task owned, Func<Func<Task>, Task> unchanged)
    {
        victim.CutFromConsensus();
        if (!plan.IsRough) _trap.Release(goOn: true);
        try
        {
            await SucceededAsync(victim);
            await owned;
        }
        finally
        {
            victim.MendConsensus();
        }

        await unchanged(() => LetGoAsync(victim));
    }

    /// <summary>Another holds the election, and has told its token to every shard.</summary>
    private async Task SucceededAsync(Promoter victim)
    {
        var token = await Eventually.SeesAsync(
            $"a successor of {victim.Name}",
            world.ElectedAsync,
            elected => elected is { } other && other.Promoter != victim.Name,
            Patience);
        await Eventually.SeesAsync(
            "the successor's token on every shard",
            _ => Task.FromResult(world.Grants.CarriedOut
                .Where(call => call.Call.Work == GrantWork.Install && call.Call.Token >= token!.Token)
                .Select(call => call.Call.Shard)
                .Distinct()
                .Count()),
            told => told == Installation.Shards,
            Patience);
    }

    /// <summary>What it was about to do comes late, and must be refused.</summary>
    private async Task LetGoAsync(Promoter victim)
    {
        var late = _trap.Release(goOn: true);
        await Task.WhenAll(late.Select(step => step.Ended)).WaitAsync(Patience);
        _problems.AddRange(late.Where(step => step.Answer is "ok" or "200")
            .Select(step => $"woken: {step} was done, though another had taken over"));
        await victim.ReadyAsync();
        say($"{victim.Name} is back; {late.Count} of its steps came late");
    }

    private async Task StopRedisAsync()
    {
        await world.Redis.PauseAsync();
        try
        {
            _trap.Release(goOn: true);
            await ForAsync(plan.Lasts);
        }
        finally
        {
            await world.Redis.ResumeAsync();
        }
    }

    /// <summary>
    /// Rough: with the promoter, who alone knew what the shards had come to. Then nobody can say that Redis lost
    /// nothing, and the shards wait for their owners to tell them again what they hold.
    /// </summary>
    private async Task KillRedisAsync(Promoter victim, Task owned)
    {
        await world.Redis.KillAsync();
        try
        {
            if (plan.IsRough) victim.Kill();
            _trap.Release(goOn: !plan.IsRough);
            await ForAsync(plan.Lasts);
        }
        finally
        {
            await world.Redis.RestartAsync();
        }

        if (!plan.IsRough) return;
        await owned;
        await Eventually.SeesAsync(
            "word on the bus of a shard whose memory may be lost",
            _ => Task.FromResult(world.Announcements.Lost),
            lost => lost.Count > 0,
            Patience);
        await victim.StartAsync();
    }

    /// <summary>
    /// Who holds the election may go on for as long as its lease was granted before; nobody promotes after that.
    /// </summary>
    private async Task StopVotersAsync(Task owned)
    {
        var left = new Chance(plan.Seed).Stream("voter").Next(world.Voters.Count);
        var stopped = world.Voters.Where((_, number) => number != left).ToList();
        DateTime leaseOver, until;
        try
        {
            foreach (var voter in stopped) await voter.PauseAsync();
            leaseOver = DateTime.UtcNow + Installation.SessionTtl + Slack;
            _trap.Release(goOn: true);
            await ForAsync(plan.Lasts);
            until = DateTime.UtcNow;
        }
        finally
        {
            foreach (var voter in stopped) voter.Resume();
        }

        _problems.AddRange(QuorumCheck.Problems(world.Grants.CarriedOut, leaseOver, until));
        if (!owned.IsCompleted) say("a quorum again, before all was promoted");
    }

    private static async Task ForAsync(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }
}
