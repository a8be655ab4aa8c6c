namespace Holdfast.Consensus.Storage.Tests;

public sealed class SimulatedLogStoreTests : LogStoreContract, IDisposable
{
    private readonly SimulatedLogStore _store = new();

    public void Dispose() => _store.Dispose();

    protected override ILogStore Open() => _store;

    [Fact]
    public void A_crash_keeps_what_was_flushed_and_a_part_from_the_front_of_what_was_not()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            using var store = new SimulatedLogStore();
            store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1))]);
            store.Stage(Samples.Write(2, null, Samples.Entry(2, 1, "a"), Samples.Entry(3, 1, "b")));
            store.Stage(Samples.Write(3, null, Samples.Entry(4, 1, "c")));

            store.Crash(new Random(seed));

            var left = Samples.Show(store.Load().Entries);
            left.Length.ShouldBeInRange(1, 4);
            left.ShouldBe(new[] { "1@1 NoOp", "2@1 Command a", "3@1 Command b", "4@1 Command c" }.Take(left.Length));
        }
    }

    [Fact]
    public void What_a_killed_process_left_in_the_cache_can_be_read_and_is_durable_once_it_is_loaded()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            using var store = KilledWithStagedWrites(seed);
            store.DurableEntries.Count.ShouldBe(1);

            var loaded = Samples.Show(store.Load().Entries);

            loaded.ShouldBe(new[] { "1@1 NoOp", "2@1 Command a", "3@1 Command b" }.Take(loaded.Length));
            store.Crash(new Random(seed));
            Samples.Show(store.Load().Entries).ShouldBe(loaded);
        }
    }

    [Fact]
    public void Without_a_flush_at_load_the_power_takes_away_what_was_loaded()
    {
        var lost = Enumerable.Range(0, 200).Count(static seed =>
        {
            using var store = KilledWithStagedWrites(seed);
            store.FlushesAtLoad = false;
            var loaded = store.Load().Entries.Count;
            store.Crash(new Random(seed + 1000));
            return store.Load().Entries.Count < loaded;
        });
        lost.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void After_a_failed_write_everything_fails()
    {
        _store.FailsNextWrite = true;
        Should.Throw<StorageFailedException>(() => _store.Write([Samples.Write(1, Samples.VotedInTerm1)]));
        _store.FailsNextWrite = false;
        Should.Throw<StorageFailedException>(() => _store.Write([Samples.Write(2, Samples.VotedInTerm1)]));
    }

    private static SimulatedLogStore KilledWithStagedWrites(int seed)
    {
        var store = new SimulatedLogStore();
        store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1))]);
        store.Stage(Samples.Write(2, null, Samples.Entry(2, 1, "a")));
        store.Stage(Samples.Write(3, null, Samples.Entry(3, 1, "b")));
        store.Kill(new Random(seed));
        return store;
    }
}
