using System.Buffers;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>Backups as bytes, and the directories that are written from them.</summary>
public sealed class BackupTests : IDisposable
{
    private const string Golden =
        "484642310700390500000000000009000000000000008089c9be9a0100000500000000000000" +
        "df68db6605000267726f75706e31";

    private readonly string _directory = Directory.CreateTempSubdirectory("holdfast-backup-").FullName;

    private static Backup Sample => new(
        new BackupHeader
        {
            Group = "group",
            Node = new NodeId("n1"),
            Generation = 7,
            Index = new LogIndex(1337),
            Term = new Term(9),
            TakenAt = DateTimeOffset.FromUnixTimeMilliseconds(1764137470336),
        },
        Encoding.ASCII.GetBytes("state"));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_backup_has_these_bytes_for_ever()
    {
        var bytes = Bytes(Sample);
        Convert.ToHexStringLower(bytes[..^9]).ShouldBe(Golden);
        var read = Backup.Read(bytes);
        read.Header.ShouldBe(Sample.Header);
        Encoding.ASCII.GetString(read.Content.Span).ShouldBe("state");
        read.Fingerprint.ShouldBe(Sample.Fingerprint);
    }

    [Fact]
    public void A_backup_that_is_cut_off_or_changed_anywhere_is_refused()
    {
        var bytes = Bytes(Sample);
        for (var at = 0; at < bytes.Length; at++)
        {
            var cut = bytes[..at];
            Should.Throw<BackupUnreadableException>(() => Backup.Read(cut));
            var changed = bytes.ToArray();
            changed[at] ^= 4;
            Should.Throw<BackupUnreadableException>(() => Backup.Read(changed));
        }

        Should.Throw<BackupUnreadableException>(() => Backup.Read((byte[])[.. bytes, 0]));
        Should.Throw<BackupUnreadableException>(() => Backup.Read((byte[])[.. "HFB2"u8, .. bytes[4..]]))
            .Message.ShouldBe("The backup cannot be used: it is of format 'HFB2', and this program knows 'HFB1' only.");
    }

    [Fact]
    public void A_directory_of_a_new_life_begins_after_the_snapshot_with_no_vote()
    {
        var path = Path.Combine(_directory, "data");
        var begin = new SnapshotMark(
            new LogIndex(9), Term.OfLife(2, 77), Configuration.OfVoters(new NodeId("n1"), new NodeId("n2")));
        NewLife.Write(path, "test/n1", begin, static to => to.Write("state"u8));
        using (var store = FileLogStore.Open(path, "test/n1"))
        {
            var loaded = store.Load();
            (loaded.State, loaded.Entries.Count).ShouldBe((new HardState(begin.Term, null), 0));
            (loaded.Snapshot!.Value.Index, loaded.Snapshot.Value.Term).ShouldBe((begin.Index, begin.Term));
            store.ReadBootstrap().ShouldBe(begin.Configuration);
            loaded.LostIn.ShouldBeNull();
        }

        Should.Throw<IOException>(() => NewLife.Write(path, "test/n1", begin, static _ => { }))
            .Message.ShouldContain("is not empty");
    }

    [Fact]
    public void An_interrupted_restore_is_never_run_and_is_repeated()
    {
        var begin = new SnapshotMark(
            new LogIndex(9), Term.OfLife(2, 77), Configuration.OfVoters(new NodeId("n1")));
        Should.Throw<InvalidOperationException>(() => NewLife.Write(
            _directory, "test/n1", begin, static _ => throw new InvalidOperationException("ended")));
        using (var store = FileLogStore.Open(_directory, "test/n1", policy: CorruptionPolicy.ContinueFromPeers))
            Should.Throw<LogCorruptException>(store.Load).Message.ShouldContain("a restore did not come to its end");
        NewLife.Write(_directory, "test/n1", begin, static to => to.Write("state"u8));
        using var again = FileLogStore.Open(_directory, "test/n1");
        again.Load().Snapshot!.Value.Index.ShouldBe(begin.Index);
    }

    [Theory]
    [InlineData(1, 0, 2, 0)]
    [InlineData(2, uint.MaxValue, 3, 0)]
    [InlineData(65_534, 5, 65_535, 4)]
    public void Terms_of_a_later_generation_are_above_all_of_an_earlier_one(
        ushort earlier, uint backup, ushort later, uint other)
    {
        var last = new Term(Term.OfLife(earlier, backup).Value + uint.MaxValue);
        last.Life.ShouldBe(Term.OfLife(earlier, backup).Life);
        Term.OfLife(later, other).ShouldBeGreaterThan(last);
        Term.OfLife(later, other).Life.ShouldNotBe(last.Life);
        Term.OfLife(later, other).ShouldBeLessThanOrEqualTo(Term.Max);
        new Term(uint.MaxValue).Life.ShouldBe(0u);
    }

    private static byte[] Bytes(Backup backup)
    {
        var bytes = new ArrayBufferWriter<byte>();
        backup.WriteTo(bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
