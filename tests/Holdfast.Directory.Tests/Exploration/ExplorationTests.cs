using Holdfast.Directory.Changes;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Directory.Tests.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// Random histories: the scripts and the embedded directory must answer alike at every step, repeat without changing
/// anything, and keep the invariants. A failure names its seed and its last steps; run it alone with the seed.
/// HOLDFAST_EXPLORE sets how many seeds each test takes.
/// </summary>
public sealed class ExplorationTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private const int StepsPerSeed = 300;

    private static readonly DirectoryOptions Options = new()
    {
        // Small, so that the outbox fills now and then.
        Shards = 1,
        OutboxEntriesMax = 40,
    };

    private static readonly DirectoryOptions InPages = Options with { GrainsPerScan = 2 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static int Seeds(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("HOLDFAST_EXPLORE"), out var seeds) ? seeds : usual;

    [Fact]
    public async Task Scripts_and_embedded_directory_answer_alike_through_random_histories()
    {
        await using var scripts = OpenScripts(Options);
        for (var seed = 1; seed <= Seeds(usual: 15); seed++)
        {
            await redis.ForgetAsync();
            await ExploreAsync(seed, new World(seed), Embedded(Options), Scripted(scripts));
        }
    }

    [Fact]
    public async Task The_embedded_directory_keeps_the_invariants_through_many_random_histories()
    {
        for (var seed = 1_000; seed < 1_000 + Seeds(usual: 200); seed++)
            await ExploreAsync(seed, new World(seed), Embedded(Options));
    }

    [Fact]
    public async Task The_embedded_directory_keeps_the_invariants_page_by_page()
    {
        for (var seed = 5_000; seed < 5_000 + Seeds(usual: 100); seed++)
            await ExploreAsync(seed, new World(seed, inPages: true), Embedded(InPages));
    }

    [Fact]
    public async Task The_scripts_keep_the_invariants_page_by_page()
    {
        await using var scripts = OpenScripts(InPages);
        for (var seed = 7_000; seed < 7_000 + Seeds(usual: 10); seed++)
        {
            await redis.ForgetAsync();
            await ExploreAsync(seed, new World(seed, inPages: true), Scripted(scripts));
        }
    }

    [Fact]
    public async Task The_embedded_directory_keeps_the_invariants_through_losses_of_memory()
    {
        for (var seed = 10_000; seed < 10_000 + Seeds(usual: 300); seed++)
            await ExploreAsync(seed, new World(seed, withLosses: true), Embedded(Options));
    }

    [Fact]
    public async Task Scripts_and_embedded_directory_answer_alike_through_losses_of_memory()
    {
        await using var scripts = OpenScripts(Options);
        for (var seed = 20_000; seed < 20_000 + Seeds(usual: 15); seed++)
        {
            await redis.ForgetAsync();
            await ExploreAsync(seed, new World(seed, withLosses: true), Embedded(Options), Scripted(scripts));
        }
    }

    private static EmbeddedExplored Embedded(DirectoryOptions options) =>
        new EmbeddedExplored(new EmbeddedGrainDirectory(options, FixedTime.Instance));

    private RedisExplored Scripted(RedisGrainDirectory scripts) => new(scripts, redis);

    private RedisGrainDirectory OpenScripts(DirectoryOptions options) => new(
        options with { Redis = redis.Address, Deadline = TimeSpan.FromMinutes(1) },
        NullLogger<RedisGrainDirectory>.Instance,
        FixedTime.Instance);

    private static async Task ExploreAsync(int seed, World world, params IReadOnlyList<Explored> twins)
    {
        var steps = new List<string>();
        var witnesses = twins.Select(_ => new Witness()).ToList();
        var planted = world.PlantLeased();
        foreach (var twin in twins)
        {
            await twin.Directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
            foreach (var record in planted) await twin.PlantAsync(record);
        }

        try
        {
            for (var i = 0; i < StepsPerSeed; i++) await StepAsync(world.Next());
            foreach (var step in world.Settle()) await StepAsync(step);
            await CompareTracesAsync([.. twins.Select(twin => twin.Directory)]);
        }
        catch (Exception broken)
        {
            throw new InvalidOperationException(
                $"Seed {seed}, step {steps.Count}:\n{string.Join('\n', steps.TakeLast(15))}\n{broken.Message}", broken);
        }

        Task StepAsync(Step step)
        {
            steps.Add(step.What);
            return TakeAsync(step, world, twins, witnesses);
        }
    }

    private static async Task TakeAsync(
        Step step, World world, IReadOnlyList<Explored> twins, List<Witness> witnesses)
    {
        Told? expected = null;
        IReadOnlyList<GrainAnswer>? records = null;
        for (var i = 0; i < twins.Count; i++)
        {
            var directory = twins[i].Directory;
            await twins[i].LoseAsync(step.Loss);
            var told = await step.RunAsync(directory);
            told.ShouldBe(expected ??= told);
            var now = await directory.LookupAsync(World.Grains, Cancel);
            Tell(witnesses[i], step.Loss, now);
            foreach (var answer in now) if (answer.Record is { } record) witnesses[i].See(record);
            Same(now, records ??= now, answer => (answer.Status, answer.Record));

            // A second delivery at once changes nothing, and is answered as the first was.
            var again = await step.RunAsync(directory);
            if (step.MayGoOn) continue;
            if (told.Repeated is not null) again.First.ShouldBe(told.Repeated);
            var repeated = await directory.LookupAsync(World.Grains, Cancel);
            Same(repeated, now, answer => (answer.Record, answer.Shard));
        }

        foreach (var answer in records!) if (answer.Record is { } record) world.Saw(record);
    }

    private static void Tell(Witness witness, Loss loss, IReadOnlyList<GrainAnswer> now)
    {
        if (loss is Loss.Forget or Loss.RollBack) witness.Lost();
        if (loss is Loss.Reopen)
            witness.Reopened(now.Where(answer => answer.Record is null).Select(answer => answer.Grain));
    }

    private static void Same<T>(
        IReadOnlyList<GrainAnswer> answers, IReadOnlyList<GrainAnswer> expected, Func<GrainAnswer, T> part)
    {
        // Told in full only where they differ; there are very many of them.
        if (!answers.Select(part).SequenceEqual(expected.Select(part)))
            answers.Select(part).ShouldBe(expected.Select(part));
    }

    private static async Task CompareTracesAsync(IReadOnlyList<IGrainDirectory> directories)
    {
        var traces = new List<(string[] Owned, string[] Outbox, string[] History)>();
        foreach (var directory in directories)
        {
            var owned = new List<GrainRecord>();
            foreach (var cluster in new[] { East, West, North }) owned.AddRange(await directory.ListAllAsync(cluster));
            var live = await directory.LookupAsync(World.Grains, Cancel);
            owned.ShouldBe(
                live.Where(answer => answer.Record is { Tombstone: false }).Select(answer => answer.Record!),
                ignoreOrder: true);
            var history = await directory.HistoryAsync(World.Grains[0], 100, Cancel);
            traces.Add((
                [.. owned.Select(record => record.ToString()).Order(StringComparer.Ordinal)],
                [.. (await directory.OutboxAsync()).Select(Show)],
                [.. history.Entries.Select(entry => entry.ToString())]));
        }

        foreach (var trace in traces.Skip(1))
        {
            trace.Owned.ShouldBe(traces[0].Owned);
            trace.Outbox.ShouldBe(traces[0].Outbox);
            trace.History.ShouldBe(traces[0].History);
        }
    }

    /// <summary>A scan gives the grains of a promotion in its own order.</summary>
    // Read, since the order of the grains, which nothing promises, decides which lines are names alone.
    private static string Show(OutboxEntry entry)
    {
        var change = ChangeText.Read(entry.Payload);
        var grains = change.Grains.Select(grain => grain.ToString()).Order(StringComparer.Ordinal);
        return $"{entry.Seq} {entry.EventType} {change with { Grains = [] }} {string.Join('\n', grains)}";
    }
}

/// <summary>A clock that stands, so that what two directories write can be compared.</summary>
internal sealed class FixedTime : TimeProvider
{
    public static readonly FixedTime Instance = new();

    public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
}
