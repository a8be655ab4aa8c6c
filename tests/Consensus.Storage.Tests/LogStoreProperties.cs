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
            for (ulong number = 1; number <= 30; number++)
            {
                if (random.Next(5) == 0) term++;
                var write = RandomWrite(random, number, term, (ulong)twin.DurableEntries.Count);
                file.Write([write]);
                twin.Write([write]);
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

    private static Persistence RandomWrite(System.Random random, ulong number, ulong term, ulong last)
    {
        // Within a term nothing is replaced; a new term may replace the end.
        var first = last + 1 - (ulong)(random.Next(3) == 0 ? random.Next((int)Math.Min(last, 4) + 1) : 0);
        var entries = Enumerable.Range(0, random.Next(4))
            .Select(i => Samples.Entry(first + (ulong)i, term, new string('x', random.Next(1, 60))))
            .ToArray();
        return Samples.Write(number, new HardState(new Term(term), null), entries);
    }

    private static void ShouldBeSame(DurableState actual, DurableState expected)
    {
        actual.State.ShouldBe(expected.State);
        Samples.Show(actual.Entries).ShouldBe(Samples.Show(expected.Entries));
    }
}
