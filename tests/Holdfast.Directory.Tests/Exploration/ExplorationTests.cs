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
            await ForgetAsync();
            await ExploreAsync(seed, new World(seed), Embedded(Options), new Explored(scripts, PlantAsync));
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
            await ForgetAsync();
            await ExploreAsync(seed, new World(seed, inPages: true), new Explored(scripts, PlantAsync));
        }
    }

    private static Explored Embedded(DirectoryOptions options)
    {
        var directory = new EmbeddedGrainDirectory(options, FixedTime.Instance);
        return new Explored(directory, record =>
        {
            directory.Plant(record);
            return Task.CompletedTask;
        });
    }

    private RedisGrainDirectory OpenScripts(DirectoryOptions options) => new(
        options with { Redis = redis.Address, Deadline = TimeSpan.FromMinutes(1) },
        NullLogger<RedisGrainDirectory>.Instance,
        FixedTime.Instance);

    private async Task ForgetAsync() => await (await redis.AdminAsync()).ExecuteAsync("FLUSHALL");

    private async Task PlantAsync(GrainRecord record)
    {
        var admin = await redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:rec", record.Grain.ToString(), RecordText.Write(record));
        await admin.SetAddAsync($"{{hf:00}}:own:{record.Cluster}", record.Grain.ToString());
    }

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

        var directories = twins.Select(twin => twin.Directory).ToList();
        try
        {
            for (var i = 0; i < StepsPerSeed; i++)
            {
                var step = world.Next();
                steps.Add(step.What);
                await TakeAsync(step, world, directories, witnesses);
            }

            await CompareTracesAsync(directories);
        }
        catch (Exception broken)
        {
            throw new InvalidOperationException(
                $"Seed {seed}, step {steps.Count}:\n{string.Join('\n', steps.TakeLast(15))}\n{broken.Message}", broken);
        }
    }

    private static async Task TakeAsync(
        Step step, World world, List<IGrainDirectory> directories, List<Witness> witnesses)
    {
        Told? expected = null;
        IReadOnlyList<GrainAnswer>? records = null;
        for (var i = 0; i < directories.Count; i++)
        {
            var told = await step.RunAsync(directories[i]);
            told.ShouldBe(expected ??= told);
            var now = await directories[i].LookupAsync(World.Grains, Cancel);
            foreach (var answer in now) if (answer.Record is { } record) witnesses[i].See(record);
            Same(now, records ??= now, answer => (answer.Status, answer.Record));

            // A second delivery at once changes nothing, and is answered as the first was.
            var again = await step.RunAsync(directories[i]);
            if (step.MayGoOn) continue;
            if (told.Repeated is not null) again.First.ShouldBe(told.Repeated);
            var repeated = await directories[i].LookupAsync(World.Grains, Cancel);
            Same(repeated, now, answer => (answer.Record, answer.Shard));
        }

        foreach (var answer in records!) if (answer.Record is { } record) world.Saw(record.Epoch);
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
    private static string Show(OutboxEntry entry) =>
        $"{entry.Seq} {entry.EventType} {string.Join('\n', entry.Payload.Split('\n').Order(StringComparer.Ordinal))}";

    /// <summary>A directory, and how a record comes there unannounced.</summary>
    private sealed record Explored(IGrainDirectory Directory, Func<GrainRecord, Task> PlantAsync);
}

/// <summary>A clock that stands, so that what two directories write can be compared.</summary>
internal sealed class FixedTime : TimeProvider
{
    public static readonly FixedTime Instance = new();

    public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
}
