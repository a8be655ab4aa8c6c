using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>The file against its naive twin in memory, over random writes, conflicts and reopenings.</summary>
public sealed class LogStoreProperties
{
    [Fact]
    public void The_file_holds_what_the_twin_holds_after_any_course()
    {
        var course = Gen.Choose(0, int.MaxValue).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(course, HoldsTheSame));
    }

    private static void HoldsTheSame(int seed)
    {
        var random = new System.Random(seed);
        var directory = Directory.CreateTempSubdirectory("holdfast-log-").FullName;
        var twin = new SimulatedLogStore();
        var file = FileLogStore.Open(directory, "test/n1", segmentBytesMax: 400);
        try
        {
            file.Load();
            ulong term = 1;
            ulong last = 0;
            for (ulong number = 1; number <= 30; number++)
            {
                if (random.Next(5) == 0) term++;
                var snapshot = twin.Snapshot?.Index.Value ?? 0;
                var write = RandomWrite(random, number, term, snapshot, last);
                file.Write([write]);
                twin.Write([write]);
                if (write.Chunk is { } chunk) last = chunk.Snapshot.Index.Value;
                if (!write.Entries.IsEmpty) last = write.Entries[^1].Index.Value;
                if (random.Next(4) == 0) Snapshot(random, file, twin, number);
                if (random.Next(6) > 0) continue;
                file.Dispose();
                file = FileLogStore.Open(directory, "test/n1", segmentBytesMax: 400);
                ShouldBeSame(file.Load(), twin.Load());
            }
        }
        finally
        {
            file.Dispose();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Snapshot(System.Random random, FileLogStore file, SimulatedLogStore twin, ulong number)
    {
        if (twin.DurableEntries.Count == 0) return;
        var entry = twin.DurableEntries[random.Next(twin.DurableEntries.Count)];
        if (entry.Index <= twin.Snapshot?.Index) return;
        var mark = new SnapshotMark(entry.Index, entry.Term);
        foreach (var store in new ILogStore[] { file, twin })
        {
            store.Snapshots.Save(mark, to => to.Write(Encoding.UTF8.GetBytes(mark.ToString())));
            if (random.Next(2) == 0)
                store.Write([Samples.Write(number, null) with { CompactTo = mark.Index }]);
        }
    }

    private static Persistence RandomWrite(
        System.Random random, ulong number, ulong term, ulong snapshot, ulong last)
    {
        if (random.Next(10) == 0)
        {
            // A leader's snapshot, from beyond everything that is here.
            var content = Encoding.UTF8.GetBytes($"state {number}");
            var info = new SnapshotInfo(
                new LogIndex(last + 1 + (ulong)random.Next(3)), new Term(term), content.Length, Crc32C.Of(content));
            return Samples.Write(number, new HardState(new Term(term), null)) with
            {
                Chunk = new SnapshotChunk(info, 0, content),
            };
        }

        // Within a term nothing is replaced; a new term may replace the end.
        var first = last + 1 - (ulong)(random.Next(3) == 0 ? random.Next((int)Math.Min(last - snapshot, 4) + 1) : 0);
        var entries = Enumerable.Range(0, random.Next(4))
            .Select(i => Samples.Entry(first + (ulong)i, term, new string('x', random.Next(1, 60))))
            .ToArray();
        return Samples.Write(number, new HardState(new Term(term), null), entries);
    }

    private static void ShouldBeSame(DurableState actual, DurableState expected)
    {
        actual.State.ShouldBe(expected.State);
        Samples.Show(actual.Entries).ShouldBe(Samples.Show(expected.Entries));
        actual.Snapshot.ShouldBe(expected.Snapshot);
    }
}
