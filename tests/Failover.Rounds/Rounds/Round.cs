using System.Diagnostics;
using Holdfast.Failover.Rounds.Checks;
using Holdfast.Failover.Rounds.World;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>
/// One round: a cluster comes to life, owns grains and dies; something goes wrong in the middle of its failover; all
/// heals. Then every grain has a living owner, none ever had two, and what was announced is what happened.
/// </summary>
internal sealed class Round(Installation world, RoundPlan plan, Action<string> say)
{
    private const string Dying = "east";
    private const string DyingNode = "east-1";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly OwnershipHistory _history = new();
    private readonly List<string> _problems = [];
    private readonly GrainId[] _grains =
        [.. Enumerable.Range(0, plan.Grains).Select(i => new GrainId("order", $"{plan.Seed}-{plan.Mistake}-{i}"))];

    public async Task<RoundReport> RunAsync(CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        await world.CalmAsync();
        world.Grants.Begin(_history);
        world.Announcements.Begin(Missed());
        var resource = new GuardedResource(_history, plan.Mistake == RoundMistake.IgnoresEpochs);
        await using var old = await OwnerAsync(Dying, DyingNode, resource, cancel);
        await using var heir = await OwnerAsync(Installation.Heir, null, resource, cancel);
        await old.ClaimAsync(_grains, cancel);
        await world.SeenAliveAsync(Dying);
        await world.CalmAsync();
        var story = new FaultStory(world, plan, say);
        await LiveThroughAsync(story, old, heir, cancel);
        await world.CalmAsync();
        var checks = new RoundHistory(world, _history);
        var problems = await checks.ProblemsAsync(_grains, heir, plan.Mistake != RoundMistake.None, cancel);
        foreach (var (grain, epoch) in heir.Held)
            if (!resource.Write(grain, epoch)) _problems.Add($"owned: the owner of {grain} cannot write under {epoch}");
        return new RoundReport
        {
            Seed = plan.Seed,
            Fault = plan.Fault,
            At = story.At,
            Grains = _grains.Length,
            Accepted = resource.Accepted,
            Refused = resource.Refused,
            RefusedCalls = world.Grants.Refused,
            Announcements = world.Announcements.Heard.Count,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            Problems = [.. story.Problems, .. _problems, .. problems],
        };
    }

    private async Task<Owner> OwnerAsync(
        string cluster, string? node, GuardedResource resource, CancellationToken cancel) =>
        new(world, await world.OpenSessionAsync(cluster, node, cancel), resource, _history);

    /// <summary>From the fence until all have a new owner and the fault is healed, while everybody writes.</summary>
    private async Task LiveThroughAsync(FaultStory story, Owner old, Owner heir, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] programs =
        [
            old.WriteAsync(stop.Token), old.ClaimAgainAsync(stop.Token),
            heir.WriteAsync(stop.Token), heir.TakeOverAsync(_grains, stop.Token),
        ];
        try
        {
            await story.PrepareAsync();
            await world.FenceAsync(old.Session, cancel);
            var owned = OwnedAsync(heir);
            await story.TellAsync(owned, UnchangedAsync);
            await owned;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(programs);
        }
    }

    private Task<int> OwnedAsync(Owner heir) => Eventually.SeesAsync(
        "a new owner of every grain",
        _ => Task.FromResult(heir.Held.Count),
        held => held == _grains.Length,
        Patience,
        () => string.Join('\n', world.Promoters.Select(promoter => promoter.Said())));

    private async Task UnchangedAsync(Func<Task> act)
    {
        var checks = new RoundHistory(world, _history);
        var before = await checks.RecordsAsync(_grains, CancellationToken.None);
        await act();
        var after = await checks.RecordsAsync(_grains, CancellationToken.None);
        var changed = before.Zip(after).Count(pair => pair.First != pair.Second);
        if (changed > 0) _problems.Add($"woken: {changed} records are not as they were before it woke");
    }

    /// <summary>Which announcement the recorder misses: with the mistake, the first promotion.</summary>
    private Func<Announcement, bool> Missed()
    {
        if (plan.Mistake != RoundMistake.MissesAnAnnouncement) return static _ => false;
        Guid? missed = null;
        return one =>
        {
            if (one.Type == "GrainPromoted") missed ??= one.Event.EventId;
            return one.Event.EventId == missed;
        };
    }
}
