using System.Diagnostics;
using Holdfast.Client;
using Holdfast.Failover.Rounds.Checks;
using Holdfast.Failover.Rounds.World;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>
/// One round: a cluster comes to life, owns grains and dies; something goes wrong in the middle of its failover; all
/// heals. Then every grain has a living owner, none ever had two, and what was announced is what happened.
/// </summary>
internal sealed class Round
{
    private const string Dying = "east";
    private const string DyingNode = "east-1";

    private const int DoubtedGrains = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Installation _world;
    private readonly RoundPlan _plan;
    private readonly FaultStory _story;
    private readonly GuardedResource _resource;
    private readonly GrainId[] _grains;
    private readonly OwnershipHistory _history = new();
    private readonly List<string> _problems = [];
    private readonly long _started = Stopwatch.GetTimestamp();
    private Owner? _heir;

    /// <param name="world">Where it happens; calm, when it begins.</param>
    /// <param name="plan">What happens.</param>
    /// <param name="say">Takes the lines of its course.</param>
    public Round(Installation world, RoundPlan plan, Action<string> say)
    {
        (_world, _plan) = (world, plan);
        _story = new FaultStory(world, plan, say);
        _resource = new GuardedResource(_history, plan.Mistake == RoundMistake.IgnoresEpochs);
        _grains =
        [
            .. Enumerable.Range(0, plan.Grains).Select(i =>
                new GrainId(Installation.GrainType, $"{plan.Seed}-{plan.Mistake}-{i}")),
        ];
    }

    public async Task<RoundReport> RunAsync(CancellationToken cancel)
    {
        await _world.CalmAsync();
        _world.Grants.Begin(_history);
        _world.Announcements.Begin(Missed());
        await using var old = await OwnerAsync(Dying, DyingNode, cancel);
        await using var heir = await OwnerAsync(Installation.Heir, null, cancel);
        _heir = heir;
        await old.ClaimAsync(_grains, cancel);
        await _world.SeenAliveAsync(Dying);
        await _world.CalmAsync();
        await LiveThroughAsync(old, heir, cancel);
        _problems.AddRange(await heir.DoubtAsync([.. _grains.Take(DoubtedGrains)], cancel));
        await _world.CalmAsync();
        var checks = new RoundHistory(_world, _history);
        _problems.AddRange(await checks.ProblemsAsync(_grains, heir, _plan.Mistake != RoundMistake.None, cancel));
        foreach (var (grain, epoch) in heir.Keeper.Held.Where(held => !_resource.Write(held.Key, held.Value)))
            _problems.Add($"owned: the owner of {grain} cannot write under {epoch}");
        await ComeBackAsync(old, cancel);

        // The next heir would have to take them over, and those of all rounds before.
        await heir.Keeper.ReleaseAsync(_grains, cancel);
        return Report;
    }

    /// <summary>The old owner has a session again, and hears from its keeper that it was demoted.</summary>
    private async Task ComeBackAsync(Owner old, CancellationToken cancel)
    {
        await using var next = await _world.OpenSessionAsync(Dying, null, cancel);
        await old.ComeBackAsync(next);
        await Eventually.SeesAsync(
            "word of its demotion to the old owner, of every grain",
            _ => Task.FromResult(old.Lost.Count),
            lost => lost == _grains.Length,
            Patience);
        foreach (var (grain, cause) in old.Lost)
            if (cause != GrainLossCause.Demoted) _problems.Add($"kept: {grain} of the old owner was {cause}");
        if (old.Serves(_grains) is var served and > 0) _problems.Add($"kept: the old owner serves {served} grains");
    }

    /// <summary>What it came to so far.</summary>
    public RoundReport Report => new()
    {
        Plan = _plan,
        At = _story.At,
        Course = _story.Course,
        Accepted = _resource.Accepted,
        Refused = _resource.Refused,
        RefusedCalls = _world.Grants.Refused,
        Announcements = _world.Announcements.Heard.Count,
        Seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds,
        Problems = [.. _story.Problems, .. _problems],
    };

    /// <summary>The report of a round that did not come to its end.</summary>
    /// <param name="failure">What came instead.</param>
    public async Task<RoundReport> ReportAsync(Exception failure)
    {
        var report = Report;
        return report with
        {
            Problems = [.. report.Problems, failure is TimeoutException ? failure.Message.TrimEnd() : $"{failure}"],
            Findings = await new Inquest(_world).FindAsync(_grains, _heir),
        };
    }

    private async Task<Owner> OwnerAsync(string cluster, string? node, CancellationToken cancel) =>
        new(_world, await _world.OpenSessionAsync(cluster, node, cancel), _resource, _history);

    /// <summary>From the fence until all have a new owner and the fault is healed, while everybody writes.</summary>
    private async Task LiveThroughAsync(Owner old, Owner heir, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] programs =
        [
            old.WriteAsync(stop.Token), old.InsistAsync(stop.Token), heir.WriteAsync(stop.Token),
        ];
        try
        {
            await _story.PrepareAsync();
            await _world.FenceAsync(old.Session, cancel);
            var owned = OwnedAsync(heir);
            await _story.TellAsync(owned, UnchangedAsync);
            await owned;

            // What is to be refused is a write of the old owner after one of the new: each grain has had one then.
            await heir.WritesAllAsync();
            await old.WritesAllAsync();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(programs);
        }
    }

    private Task<int> OwnedAsync(Owner heir) => Eventually.SeesAsync(
        "a new owner of every grain",
        _ => Task.FromResult(heir.Serves(_grains)),
        served => served == _grains.Length,
        Patience);

    private async Task UnchangedAsync(Func<Task> act)
    {
        var checks = new RoundHistory(_world, _history);
        var before = await checks.RecordsAsync(_grains, CancellationToken.None);
        await act();
        var after = await checks.RecordsAsync(_grains, CancellationToken.None);
        var changed = before.Zip(after).Count(pair => pair.First != pair.Second);
        if (changed > 0) _problems.Add($"woken: {changed} records are not as they were before it woke");
    }

    /// <summary>Which announcement the recorder misses: with the mistake, the first promotion.</summary>
    private Func<Announcement, bool> Missed()
    {
        if (_plan.Mistake != RoundMistake.MissesAnAnnouncement) return static _ => false;
        Guid? missed = null;
        return one =>
        {
            if (one.Type == "GrainPromoted") missed ??= one.Event.EventId;
            return one.Event.EventId == missed;
        };
    }
}
