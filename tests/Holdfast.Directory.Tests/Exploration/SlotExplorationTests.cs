using Holdfast.Directory.Embedded;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Directory.Tests.Redis;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>
/// Random histories of slots: the scripts and the embedded directory must answer alike at every step, repeat without
/// changing anything, and keep the invariants. A failure names its seed and its last steps. HOLDFAST_EXPLORE sets how
/// many seeds each test takes.
/// </summary>
public sealed class SlotExplorationTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private const int StepsPerSeed = 300;

    // Small, so that the outbox fills now and then.
    private static readonly DirectoryOptions Options = new() { Shards = 1, OutboxEntriesMax = 60 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scripts_and_embedded_directory_write_slots_alike_through_random_histories()
    {
        await using var scripts = new RedisGrainDirectory(
            Options with { Redis = redis.Address, Deadline = TimeSpan.FromMinutes(1) },
            NullLogger<RedisGrainDirectory>.Instance,
            FixedTime.Instance);
        for (var seed = 1; seed <= ExplorationTests.Seeds(usual: 10); seed++)
        {
            await (await redis.AdminAsync()).ExecuteAsync("FLUSHALL");
            await ExploreAsync(seed, new EmbeddedGrainDirectory(Options, FixedTime.Instance), scripts);
        }
    }

    [Fact]
    public async Task The_embedded_directory_keeps_the_invariants_of_slots_through_many_random_histories()
    {
        var (written, seeds) = (0, ExplorationTests.Seeds(usual: 200));
        for (var seed = 1_000; seed < 1_000 + seeds; seed++)
            written += await ExploreAsync(seed, new EmbeddedGrainDirectory(Options, FixedTime.Instance));

        // A search that writes hardly anything finds hardly anything.
        written.ShouldBeGreaterThan(10 * seeds);
    }

    private static async Task<int> ExploreAsync(int seed, params IReadOnlyList<IGrainDirectory> twins)
    {
        var (world, steps) = (new SlotWorld(seed), new List<string>());
        var witnesses = twins.Select(_ => new SlotWitness()).ToList();
        var changes = 0;
        try
        {
            foreach (var twin in twins) await twin.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel);
            for (var i = 0; i < StepsPerSeed; i++)
            {
                var step = world.Next();
                steps.Add(step.What);
                changes += await TakeAsync(step, world, twins, witnesses);
            }

            var outboxes = new List<string>();
            foreach (var twin in twins) outboxes.Add(string.Join('\n', await twin.OutboxAsync()));
            outboxes.ShouldAllBe(outbox => outbox == outboxes[0]);
            return changes;
        }
        catch (Exception broken)
        {
            throw new InvalidOperationException(
                $"Seed {seed}, step {steps.Count}:\n{string.Join('\n', steps.TakeLast(15))}\n{broken.Message}", broken);
        }
    }

    /// <summary>Takes a step on each of the twins, twice; says how many slots it changed.</summary>
    private static async Task<int> TakeAsync(
        Step step, SlotWorld world, IReadOnlyList<IGrainDirectory> twins, List<SlotWitness> witnesses)
    {
        Told? expected = null;
        string? records = null;
        var changes = 0;
        for (var i = 0; i < twins.Count; i++)
        {
            var before = await ReadAsync(twins[i]);
            var told = await step.RunAsync(twins[i]);
            told.ShouldBe(expected ??= told);
            var now = await ReadAsync(twins[i]);
            foreach (var (slot, record) in now) witnesses[i].See(slot.Group, record);
            Show(now).ShouldBe(records ??= Show(now));
            changes = now.Count(pair => before.GetValueOrDefault(pair.Key) != pair.Value);
            if (i == 0) foreach (var (slot, record) in now) world.Saw(slot, record);

            // A second delivery at once changes nothing, and is answered as the first was.
            (await step.RunAsync(twins[i])).First.ShouldBe(told.Repeated);
            Show(await ReadAsync(twins[i])).ShouldBe(records);
        }

        return changes;
    }

    private static async Task<SortedDictionary<SlotId, SlotRecord>> ReadAsync(IGrainDirectory directory)
    {
        var slots = new SortedDictionary<SlotId, SlotRecord>(
            Comparer<SlotId>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString())));
        foreach (var group in SlotWorld.Groups)
        {
            foreach (var record in (await directory.AllSlotsAsync(group, Cancel)).Records)
                slots[new SlotId(group, record.Slot)] = record;
        }

        return slots;
    }

    private static string Show(SortedDictionary<SlotId, SlotRecord> slots) => string.Join('\n', slots);
}
