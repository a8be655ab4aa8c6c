using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage.Tests;

public sealed class FileLogStoreTests : LogStoreContract, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("holdfast-log-").FullName;

    private string FirstSegment => Segment.PathOf(_directory, 1);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    protected override ILogStore Open() => FileLogStore.Open(_directory, "test/n1");

    [Fact]
    public void A_segment_of_the_first_format_is_still_read()
    {
        using (var store = Open()) store.Load();
        var header = new byte[20];
        "HFS1"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), 77);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32C.Of(header.AsSpan(..16)));
        var records = new ArrayBufferWriter<byte>();
        Record.Write(records, 77, [Samples.Entry(1, 0), Samples.Entry(2, 0, "a")]);
        File.WriteAllBytes(FirstSegment, [.. header, .. records.WrittenSpan]);

        using (var store = Open())
        {
            Samples.Show(store.Load().Entries).ShouldBe(["1@0 NoOp", "2@0 Command a"]);
            store.Write([Samples.Write(1, null, Samples.Entry(3, 0, "b"))]);
        }

        using var again = Open();
        Samples.Show(again.Load().Entries).ShouldBe(["1@0 NoOp", "2@0 Command a", "3@0 Command b"]);
    }

    [Fact]
    public void A_log_whose_beginning_is_in_no_snapshot_is_refused()
    {
        using (var store = Open())
        {
            store.Load();
            store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1))]);
            store.Write([Samples.Write(2, null) with { Chunk = Samples.Part("state", 0, 5) }]);
        }

        File.Delete(Directory.GetFiles(_directory, "*.snapshot").Single());
        using var again = Open();
        Should.Throw<LogCorruptException>(again.Load).Message.ShouldContain("a snapshot holds only 0");
    }

    [Fact]
    public void A_tail_that_a_crash_tore_at_any_byte_is_cut_and_the_log_goes_on()
    {
        WriteThree(out var lengthOfTwo);
        var whole = File.ReadAllBytes(FirstSegment);
        for (var length = lengthOfTwo; length < whole.Length; length++)
        {
            File.WriteAllBytes(FirstSegment, whole[..length]);
            ShouldGoOnAfterTwo();
        }
    }

    [Fact]
    public void A_tail_whose_pages_were_never_written_is_cut()
    {
        WriteThree(out var lengthOfTwo);
        var whole = File.ReadAllBytes(FirstSegment);
        foreach (var zeroFrom in Enumerable.Range(lengthOfTwo, whole.Length - 1 - lengthOfTwo))
        {
            var torn = whole.ToArray();
            torn.AsSpan(zeroFrom, Math.Min(16, torn.Length - zeroFrom)).Clear();
            if (torn.AsSpan().SequenceEqual(whole)) continue;
            File.WriteAllBytes(FirstSegment, torn);
            ShouldGoOnAfterTwo();
        }
    }

    [Fact]
    public void A_flipped_bit_before_the_last_record_is_refused_with_file_and_offset()
    {
        WriteThree(out var lengthOfTwo);
        var whole = File.ReadAllBytes(FirstSegment);
        for (var offset = Segment.HeaderBytes; offset < lengthOfTwo; offset++)
        {
            var flipped = whole.ToArray();
            flipped[offset] ^= 0x40;
            File.WriteAllBytes(FirstSegment, flipped);
            using var store = Open();
            var error = Should.Throw<LogCorruptException>(store.Load);
            error.File.ShouldBe(FirstSegment);
            error.Offset.ShouldBeInRange(Segment.HeaderBytes, offset);
            error.Message.ShouldContain($"'{FirstSegment}' is corrupt at byte {error.Offset}");
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_header_or_the_vote_is_refused()
    {
        WriteThree(out _);
        foreach (var path in new[] { FirstSegment, Path.Combine(_directory, HardStateFile.Name) })
        {
            var whole = File.ReadAllBytes(path);
            for (var offset = 0; offset < Math.Min(whole.Length, Segment.HeaderBytes); offset++)
            {
                var flipped = whole.ToArray();
                flipped[offset] ^= 1;
                File.WriteAllBytes(path, flipped);
                using var store = Open();
                Should.Throw<LogCorruptException>(store.Load).File.ShouldBe(path);
            }

            File.WriteAllBytes(path, whole);
        }
    }

    [Fact]
    public void Segments_are_begun_at_their_size_and_read_in_order()
    {
        const int count = 300;
        using (var store = FileLogStore.Open(_directory, "test/n1", segmentBytesMax: 1000))
        {
            store.Load();
            for (ulong i = 1; i <= count; i++)
                store.Write([Samples.Write(i, i == 1 ? Samples.VotedInTerm1 : null, Samples.Entry(i, 1, $"c{i}"))]);
        }

        Directory.GetFiles(_directory, "*.log").Length.ShouldBeGreaterThan(5);
        using var again = Open();
        Samples.Show(again.Load().Entries)
            .ShouldBe(Enumerable.Range(1, count).Select(i => $"{i}@1 Command c{i}"));
    }

    [Fact]
    public void Loading_flushes_every_segment_the_vote_and_the_directory_before_anything_is_told()
    {
        using (var store = FileLogStore.Open(_directory, "test/n1", segmentBytesMax: 50))
        {
            store.Load();
            for (ulong i = 1; i <= 3; i++)
                store.Write([Samples.Write(i, i == 1 ? Samples.VotedInTerm1 : null, Samples.Entry(i, 1, "command"))]);
        }

        var flushed = new List<string>();
        using var again = FileLogStore.Open(_directory, "test/n1", segmentBytesMax: 50, flushed.Add);
        flushed.ShouldBeEmpty();
        again.Load();

        var segments = Directory.GetFiles(_directory, "*" + Segment.Extension).Order().ToList();
        segments.Count.ShouldBeGreaterThan(1);
        flushed.ShouldBe([.. segments, Path.Combine(_directory, HardStateFile.Name), _directory]);
    }

    [Fact]
    public void A_flush_at_load_that_fails_lets_nothing_be_told()
    {
        WriteThree(out _);
        using var store = FileLogStore.Open(
            _directory, "test/n1", segmentBytesMax: 1000, static path => throw new IOException(path));
        Should.Throw<IOException>(store.Load).Message.ShouldBe(FirstSegment);
    }

    [Fact]
    public void A_new_directory_is_made_durable_in_every_parent_that_was_created()
    {
        var outer = Path.Combine(_directory, "new");
        var inner = Path.Combine(outer, "data");
        var flushed = new List<string>();
        FileLogStore.Open(inner, "test/n1", segmentBytesMax: 1000, flushed.Add).Dispose();
        flushed.ShouldBe([_directory, outer]);

        flushed.Clear();
        File.Delete(Path.Combine(inner, "identity"));
        FileLogStore.Open(inner, "test/n1", segmentBytesMax: 1000, flushed.Add).Dispose();
        flushed.ShouldBe([outer], "killed before its identity was written, its name may not be durable");
    }

    [Fact]
    public void A_damaged_log_does_not_advise_to_lose_it()
    {
        var message = new LogCorruptException("log", 7, "damaged").Message;
        message.ShouldContain("Do not start it under this name with an empty directory or an older copy");
        message.ShouldNotContain("remove this voter's data directory");
    }

    [Fact]
    public void A_missing_or_a_torn_segment_before_the_last_is_refused()
    {
        using (var store = FileLogStore.Open(_directory, "test/n1", segmentBytesMax: 50))
        {
            store.Load();
            for (ulong i = 1; i <= 4; i++)
                store.Write([Samples.Write(i, i == 1 ? Samples.VotedInTerm1 : null, Samples.Entry(i, 1, "command"))]);
        }

        var second = Segment.PathOf(_directory, 2);
        var whole = File.ReadAllBytes(second);
        File.WriteAllBytes(second, whole[..^1]);
        using (var store = Open()) Should.Throw<LogCorruptException>(store.Load).File.ShouldBe(second);
        File.Delete(second);
        using (var store = Open()) Should.Throw<LogCorruptException>(store.Load).File.ShouldBe(second);
    }

    [Fact]
    public void A_command_that_holds_the_bytes_of_another_log_is_not_taken_for_records()
    {
        WriteThree(out _);
        var foreign = File.ReadAllBytes(FirstSegment);
        File.Delete(FirstSegment);
        File.Delete(Path.Combine(_directory, HardStateFile.Name));
        using (var store = Open())
        {
            store.Load();
            store.Write([Samples.Write(1, null, new LogEntry(new(1), new(1), EntryKind.Command, foreign))]);
        }

        var torn = File.ReadAllBytes(FirstSegment);
        torn[Segment.HeaderBytes] ^= 1;
        File.WriteAllBytes(FirstSegment, torn);

        // Were a whole record seen behind the torn one, the log would be refused.
        using var again = Open();
        again.Load().Entries.ShouldBeEmpty();
    }

    [Fact]
    public void A_directory_has_one_user_at_a_time()
    {
        using var first = Open();
        Should.Throw<DataDirectoryInUseException>(Open).Directory.ShouldBe(_directory);
    }

    [Fact]
    public void A_directory_of_another_voter_is_refused()
    {
        Open().Dispose();
        var error = Should.Throw<DataDirectoryForeignException>(() => FileLogStore.Open(_directory, "test/n2"));
        error.Message.ShouldBe(
            $"The data directory '{_directory}' belongs to voter test/n1, this is voter test/n2.");
        Open().Dispose();
    }

    [Fact]
    public void A_log_with_a_term_that_the_vote_file_never_knew_is_refused()
    {
        WriteThree(out _);
        File.Delete(Path.Combine(_directory, HardStateFile.Name));
        using var store = Open();
        Should.Throw<LogCorruptException>(store.Load).Message.ShouldContain("the log holds term 1, this 0");
    }

    [Fact]
    public void The_checksum_is_crc_32c() =>
        Crc32C.Of(Encoding.ASCII.GetBytes("123456789")).ShouldBe(0xE3069283u);

    private void WriteThree(out int lengthOfTwo)
    {
        using (var store = Open())
        {
            store.Load();
            store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1))]);
            store.Write([Samples.Write(2, null, Samples.Entry(2, 1, "second"))]);
        }

        lengthOfTwo = (int)new FileInfo(FirstSegment).Length;
        using var again = Open();
        again.Load();
        again.Write([Samples.Write(3, null, Samples.Entry(3, 1, "third"), Samples.Entry(4, 1, "fourth"))]);
    }

    private void ShouldGoOnAfterTwo()
    {
        using (var store = Open())
        {
            Samples.Show(store.Load().Entries).ShouldBe(["1@1 NoOp", "2@1 Command second"]);
            store.Write([Samples.Write(3, null, Samples.Entry(3, 1, "again"))]);
        }

        using var again = Open();
        Samples.Show(again.Load().Entries).ShouldBe(["1@1 NoOp", "2@1 Command second", "3@1 Command again"]);
    }
}
