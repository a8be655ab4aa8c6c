using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>The newest segment takes space in advance, which nobody may take for records or for damage.</summary>
public sealed class ReservedSpaceTests : IDisposable
{
    private const int SegmentBytesMax = 64 * 1024;

    private readonly string _directory = Directory.CreateTempSubdirectory("holdfast-log-").FullName;

    private string FirstSegment => Segment.PathOf(_directory, 1);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_flush_seldom_makes_the_file_grow()
    {
        using var store = Open();
        store.Load();
        HashSet<long> lengths = [];
        for (ulong i = 1; i <= 100; i++)
        {
            store.Write([Write(i)]);
            lengths.Add(new FileInfo(FirstSegment).Length);
        }

        lengths.Count.ShouldBeLessThan(5);
    }

    [Fact]
    public void What_a_crash_leaves_of_the_space_is_no_record_and_no_damage()
    {
        using (var store = Open())
        {
            store.Load();
            store.Write([Write(1)]);
            store.Write([Write(2)]);

            // As the file is while the process lives: that is what its end by SIGKILL leaves.
            File.Copy(FirstSegment, FirstSegment + ".left");
        }

        var length = new FileInfo(FirstSegment).Length;
        File.Move(FirstSegment + ".left", FirstSegment, overwrite: true);
        new FileInfo(FirstSegment).Length.ShouldBeGreaterThan(length);
        using (var store = Open())
        {
            store.Load().Entries.Count.ShouldBe(2);
            store.Write([Write(3)]);
        }

        using var again = Open();
        again.Load().Entries.Count.ShouldBe(3);
    }

    [Fact]
    public void A_segment_that_is_full_gives_back_what_it_did_not_use()
    {
        using (var store = Open())
        {
            store.Load();
            for (ulong i = 1; !File.Exists(Segment.PathOf(_directory, 2)); i++) store.Write([Write(i)]);
            File.ReadAllBytes(FirstSegment)[^4..].ShouldNotBe(new byte[4]);
        }

        // Zeros in any but the newest segment are damage.
        File.AppendAllText(FirstSegment, "\0\0\0\0");
        using var again = Open();
        Should.Throw<LogCorruptException>(again.Load).File.ShouldBe(FirstSegment);
    }

    private static Persistence Write(ulong number) => Samples.Write(
        number, number == 1 ? Samples.VotedInTerm1 : null, Samples.Entry(number, 1, "a command"));

    private FileLogStore Open() => FileLogStore.Open(_directory, "test/n1", SegmentBytesMax);
}
