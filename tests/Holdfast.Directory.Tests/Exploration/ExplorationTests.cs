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

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int Seeds(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("HOLDFAST_EXPLORE"), out var seeds) ? seeds : usual;

    [Fact]
    public async Task Scripts_and_embedded_directory_answer_alike_through_random_histories()
    {
        await using var scripts = new RedisGrainDirectory(
            Options with { Redis = redis.Address, Deadline = TimeSpan.FromMinutes(1) },
            NullLogger<RedisGrainDirectory>.Instance,
            FixedTime.Instance);
        for (var seed = 1; seed <= Seeds(usual: 15); seed++)
        {
            var admin = await redis.AdminAsync();
            await admin.ExecuteAsync("FLUSHALL");
            var embedded = new EmbeddedGrainDirectory(Options, FixedTime.Instance);
            await ExploreAsync(seed, embedded, scripts);
        }
    }

    [Fact]
    public async Task The_embedded_directory_keeps_the_invariants_through_many_random_histories()
    {
        for (var seed = 1_000; seed < 1_000 + Seeds(usual: 200); seed++)
            await ExploreAsync(seed, new EmbeddedGrainDirectory(Options, FixedTime.Instance));
    }

    private static async Task ExploreAsync(int seed, params IReadOnlyList<IGrainDirectory> directories)
    {
        var world = new World(seed);
        var steps = new List<string>();
        var witnesses = directories.Select(_ => new Witness()).ToList();
        foreach (var directory in directories) await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
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
        Step step, World world, IReadOnlyList<IGrainDirectory> directories, List<Witness> witnesses)
    {
        var expected = await step.RunAsync(directories[0]);
        var records = await directories[0].LookupAsync(World.Grains, Cancel);
        foreach (var record in records) if (record.Record is { } found) world.Saw(found.Epoch);
        for (var i = 0; i < directories.Count; i++)
        {
            if (i > 0) (await step.RunAsync(directories[i])).ShouldBe(expected);
            var now = await directories[i].LookupAsync(World.Grains, Cancel);
            foreach (var answer in now) if (answer.Record is { } record) witnesses[i].See(record);
            Same(now, records, answer => (answer.Status, answer.Record));

            // A second delivery at once changes nothing.
            await step.RunAsync(directories[i]);
            var repeated = await directories[i].LookupAsync(World.Grains, Cancel);
            Same(repeated, now, answer => (answer.Record, answer.Shard));
        }
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

    private sealed class FixedTime : TimeProvider
    {
        public static readonly FixedTime Instance = new();

        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
    }
}
