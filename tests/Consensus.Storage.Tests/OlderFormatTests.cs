using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>What earlier versions wrote is read, and what is new today is kept with it.</summary>
public sealed class OlderFormatTests : IDisposable
{
    private static readonly Configuration Members = new(
        7,
        [
            new Member(new NodeId("n1"), "eu", "h1:1", "http://h1"),
            new Member(new NodeId("n2"), "us", "h2:1", "http://h2"),
        ],
        [new NodeId("n1")],
        []);

    private readonly string _directory = Directory.CreateTempSubdirectory("holdfast-format-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_snapshot_says_who_is_in_the_group()
    {
        var mark = new SnapshotMark(new LogIndex(3), new Term(0), Members);
        SnapshotInfo saved;
        using (var store = Open())
        {
            store.Load();
            saved = store.Snapshots.Save(mark, to => to.Write("state"u8));
            saved.Configuration.ShouldBe(Members);
        }

        using var again = Open();
        again.Load().Snapshot.ShouldBe(saved);
        Encoding.UTF8.GetString(again.Snapshots.TryReadAll(saved)!).ShouldBe("state");
        Encoding.UTF8.GetString(again.Snapshots.TryRead(saved, 2, 2)!.Value.Span).ShouldBe("at");
    }

    [Fact]
    public void A_snapshot_of_the_first_format_is_read_and_names_nobody()
    {
        using (var store = Open()) store.Load();
        var header = new byte[36];
        "HFN1"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(4), 3);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(20), 5);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), Crc32C.Of("state"u8));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(32), Crc32C.Of(header.AsSpan(..32)));
        File.WriteAllBytes(
            Path.Combine(_directory, "0000000000000003" + FileSnapshotStore.Extension), [.. header, .. "state"u8]);

        using var again = Open();
        var snapshot = again.Load().Snapshot!.Value;
        snapshot.Configuration.ShouldBeNull();
        Encoding.UTF8.GetString(again.Snapshots.TryReadAll(snapshot)!).ShouldBe("state");
    }

    [Fact]
    public void A_flipped_bit_in_the_members_of_a_snapshot_is_named()
    {
        using (var store = Open())
        {
            store.Load();
            store.Snapshots.Save(new SnapshotMark(new LogIndex(3), new Term(0), Members), to => to.Write("state"u8));
        }

        var path = Directory.GetFiles(_directory, "*" + FileSnapshotStore.Extension).Single();
        var whole = File.ReadAllBytes(path);
        for (var at = 0; at < whole.Length; at++)
        {
            var bytes = whole.ToArray();
            bytes[at] ^= 1;
            File.WriteAllBytes(path, bytes);
            using var store = Open();
            Should.Throw<LogCorruptException>(store.Load).File.ShouldBe(path);
        }
    }

    [Fact]
    public void A_configuration_is_not_added_to_a_segment_whose_programs_would_skip_it()
    {
        using (var store = Open()) store.Load();
        var first = Segment.PathOf(_directory, 1);
        var header = File.ReadAllBytes(first);
        "HFS2"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(32), Crc32C.Of(header.AsSpan(..32)));
        File.WriteAllBytes(first, header);

        var entry = new LogEntry(new LogIndex(1), new Term(0), EntryKind.Configuration, Members.Encoded);
        using (var store = Open())
        {
            store.Load();
            store.Write([new Persistence { Number = new PersistenceNumber(1), Entries = [entry] }]);
        }

        File.ReadAllBytes(first).Length.ShouldBe(Segment.HeaderBytes);
        using var again = Open();
        var read = again.Load().Entries.Single();
        (read.Kind, Configuration.TryRead(read.Command.Span)).ShouldBe((EntryKind.Configuration, Members));
    }

    [Fact]
    public void The_first_members_are_recorded_once_and_damage_is_named()
    {
        using (var store = Open())
        {
            store.ReadBootstrap().ShouldBeNull();
            store.WriteBootstrap(Members);
        }

        var path = Path.Combine(_directory, BootstrapFile.Name);
        using (var store = Open()) store.ReadBootstrap().ShouldBe(Members);
        var bytes = File.ReadAllBytes(path);
        bytes[^9] ^= 1;
        File.WriteAllBytes(path, bytes);
        using var again = Open();
        Should.Throw<LogCorruptException>(() => again.ReadBootstrap()).File.ShouldBe(path);
    }

    [Theory]
    [InlineData(CorruptionPolicy.Refuse)]
    [InlineData(CorruptionPolicy.Truncate)]
    [InlineData(CorruptionPolicy.ContinueFromPeers)]
    public void A_file_of_a_newer_program_is_refused_by_its_format_whatever_the_policy(CorruptionPolicy policy)
    {
        using (var store = Open())
        {
            store.Load();
            store.Write([Samples.Write(1, new HardState(new Term(3), null), Samples.Entry(1, 1, "a"))]);
            store.Snapshots.Save(new SnapshotMark(new LogIndex(1), new Term(1), Members), to => to.Write("state"u8));
        }

        foreach (var path in Directory.GetFiles(_directory).Where(static path => IsFormatted(path)).ToArray())
        {
            var known = File.ReadAllBytes(path);
            byte[] later = [.. known[..3], (byte)'9', .. known[4..].Reverse()];
            File.WriteAllBytes(path, later);
            using (var store = FileLogStore.Open(_directory, "test/n1", policy: policy))
                Should.Throw<LaterFormatException>(store.Load).Message.ShouldContain($"'{path}' is of format 9");
            File.ReadAllBytes(path).ShouldBe(later);
            File.WriteAllBytes(path, known);
        }

        static bool IsFormatted(string path) => Path.GetExtension(path) is Segment.Extension
            or FileSnapshotStore.Extension || Path.GetFileName(path) == HardStateFile.Name;
    }

    [Fact]
    public void While_a_part_of_the_log_is_lost_the_vote_is_one_that_older_programs_refuse()
    {
        var (vote, mark) = (PathOf(HardStateFile.Name), PathOf(RecoveryFile.Name));
        using (var store = Open())
        {
            store.Load();
            for (ulong i = 1; i < 5; i++)
                store.Write([Samples.Write(i, new HardState(new Term(3), null), Samples.Entry(i, 1, "a"))]);
        }

        Magic().ShouldBe("HFV1");
        var segment = File.ReadAllBytes(Segment.PathOf(_directory, 1));
        segment[Segment.HeaderBytes + 5] ^= 1;
        File.WriteAllBytes(Segment.PathOf(_directory, 1), segment);
        using (var store = FileLogStore.Open(_directory, "test/n1", policy: CorruptionPolicy.Truncate))
        {
            store.Load().LostIn.ShouldBe(new Term(3));
            Magic().ShouldBe("HFV2");
            store.Write([Samples.Write(1, new HardState(new Term(5), null))]);
            Magic().ShouldBe("HFV2");
        }

        // Without the other file the loss counts for the newest term; and an old vote beside that file is replaced.
        File.Move(mark, mark + ".away");
        using (var store = Open()) store.Load().LostIn.ShouldBe(new Term(5));
        File.Move(mark + ".away", mark);
        HardStateFile.Write(FileDisk.Instance, vote, new HardState(new Term(5), null));
        using (var store = Open())
        {
            store.Load().LostIn.ShouldBe(new Term(3));
            Magic().ShouldBe("HFV2");
            store.Write([Samples.Write(2, null, Samples.Entry(1, 5)) with { IsRecovered = true }]);
            Magic().ShouldBe("HFV1");
        }

        using var again = Open();
        var loaded = again.Load();
        (loaded.State, loaded.LostIn).ShouldBe((new HardState(new Term(5), null), null));

        string Magic() => Encoding.ASCII.GetString(File.ReadAllBytes(vote)[..4]);
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private FileLogStore Open() => FileLogStore.Open(_directory, "test/n1");
}
