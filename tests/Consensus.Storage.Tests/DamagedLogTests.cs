using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>What a store does about damage before the end of its log, by each policy, in real files.</summary>
public sealed class DamagedLogTests : IDisposable
{
    private const int SegmentBytes = 64 * 1024;

    private readonly string _directory = Directory.CreateTempSubdirectory("holdfast-damage-").FullName;

    private string FirstSegment => Segment.PathOf(_directory, 1);

    private string Vote => Path.Combine(_directory, HardStateFile.Name);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_log_is_cut_before_a_flipped_bit_and_the_voter_has_to_recover()
    {
        var lengths = Write(4);
        var whole = File.ReadAllBytes(FirstSegment);
        for (var offset = (int)lengths[0]; offset < (int)lengths[2]; offset++)
        {
            File.Delete(FirstSegment + DamagedLog.Ending);
            File.WriteAllBytes(FirstSegment, [.. whole]);
            Flip(FirstSegment, offset);
            var kept = offset < lengths[1] ? 1 : 2;
            using var store = Open(CorruptionPolicy.Truncate);
            var loaded = store.Load();
            loaded.Entries.Count.ShouldBe(kept);
            loaded.LostIn.ShouldBe(new Term(3));
            loaded.State.ShouldBe(Samples.VotedInTerm1 with { Term = new Term(3) });
            store.Damage.ShouldNotBeNull().File.ShouldBe(FirstSegment);
            store.Damage.Offset.ShouldBe(lengths[kept - 1]);
            store.Damage.KeptUpTo.ShouldBe(new LogIndex((ulong)kept));
            File.ReadAllBytes(FirstSegment + DamagedLog.Ending)[..whole.Length].Where((_, at) => at != offset)
                .ShouldBe(whole.Where((_, at) => at != offset), "what was there is kept for whoever looks into it");
        }
    }

    [Fact]
    public void That_it_has_to_recover_is_known_until_it_has()
    {
        var lengths = Write(4);
        Flip(FirstSegment, (int)lengths[1] + 5);
        using (var store = Open(CorruptionPolicy.Truncate)) store.Load().LostIn.ShouldBe(new Term(3));
        using (var store = Open(CorruptionPolicy.Refuse))
        {
            store.Load().LostIn.ShouldBe(new Term(3));
            store.Damage.ShouldBeNull("it was found by an earlier start");
            store.Write([Samples.Write(1, new HardState(new Term(5), null), Samples.Entry(3, 5))]);
        }

        using (var store = Open(CorruptionPolicy.Refuse))
        {
            store.Load().LostIn.ShouldBe(new Term(3), "the term in which it was found, whatever came after");
            store.Write([Samples.Write(1, null, Samples.Entry(4, 5)) with { IsRecovered = true }]);
        }

        using var again = Open(CorruptionPolicy.Refuse);
        again.Load().LostIn.ShouldBeNull();
    }

    [Fact]
    public void A_mark_that_cannot_be_read_counts_for_the_newest_term()
    {
        Write(2);
        foreach (var content in new[] { "", "HFL1", "something else of 16" })
        {
            File.WriteAllText(Path.Combine(_directory, RecoveryFile.Name), content);
            using var store = Open(CorruptionPolicy.Refuse);
            store.Load().LostIn.ShouldBe(new Term(3));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(40)]
    public void Segments_after_the_damage_are_set_aside_with_it(int offset)
    {
        Write(5, segmentBytes: 50);
        Flip(Segment.PathOf(_directory, 2), offset);
        using (var store = Open(CorruptionPolicy.Truncate))
        {
            store.Load().Entries.Count.ShouldBe(1);
            store.Write([Samples.Write(1, null, Samples.Entry(2, 3, "new"))]);
        }

        Directory.GetFiles(_directory, "*.log.damaged").Length.ShouldBe(4);
        using var again = Open(CorruptionPolicy.Refuse);
        Samples.Show(again.Load().Entries).ShouldBe(["1@1 Command c1", "2@3 Command new"]);
    }

    [Fact]
    public void A_missing_segment_is_damage_like_any_other()
    {
        Write(5, segmentBytes: 50);
        File.Delete(Segment.PathOf(_directory, 3));
        using var store = Open(CorruptionPolicy.Truncate);
        store.Load().Entries.Count.ShouldBe(2);
        store.Damage!.What.ShouldContain("missing");
    }

    [Fact]
    public void A_damaged_snapshot_is_set_aside_only_where_all_may_come_from_the_others()
    {
        using (var store = Open(CorruptionPolicy.Refuse))
        {
            store.Load();
            store.Write([Samples.Write(1, new HardState(new Term(3), null), Samples.Entry(1, 1))]);
            store.Write([Samples.Write(2, null) with { Chunk = Samples.Part("state", 0, 5) }]);
            store.Write([Samples.Write(3, null, Samples.Entry(8, 3, "after"))]);
        }

        var snapshot = Directory.GetFiles(_directory, "*.snapshot").Single();
        Flip(snapshot, (int)new FileInfo(snapshot).Length - 1);
        foreach (var policy in new[] { CorruptionPolicy.Refuse, CorruptionPolicy.Truncate })
        {
            var before = Content();
            using (var store = Open(policy)) Should.Throw<LogCorruptException>(store.Load).File.ShouldBe(snapshot);
            Content().ShouldBe(before);
        }

        using (var store = Open(CorruptionPolicy.ContinueFromPeers))
        {
            var loaded = store.Load();
            (loaded.Snapshot, loaded.Entries.Count, loaded.LostIn).ShouldBe((null, 0, new Term(3)));
            store.Damage!.File.ShouldBe(snapshot);
            store.Write([Samples.Write(1, null) with { Chunk = Samples.Part("state", 0, 5) }]);
        }

        using var again = Open(CorruptionPolicy.Refuse);
        again.Load().Snapshot!.Value.Index.ShouldBe(new LogIndex(7));
    }

    [Theory]
    [InlineData(CorruptionPolicy.Refuse)]
    [InlineData(CorruptionPolicy.Truncate)]
    [InlineData(CorruptionPolicy.ContinueFromPeers)]
    public void A_damaged_or_missing_vote_is_refused_by_every_policy(CorruptionPolicy policy)
    {
        var lengths = Write(3);
        Flip(FirstSegment, (int)lengths[0] + 1);
        var vote = File.ReadAllBytes(Vote);
        Flip(Vote, 6);
        ShouldRefuseAndChangeNothing(policy);
        File.Delete(Vote);
        ShouldRefuseAndChangeNothing(policy);
        File.WriteAllBytes(Vote, vote);
        if (policy == CorruptionPolicy.Refuse) ShouldRefuseAndChangeNothing(policy);
    }

    [Fact]
    public void A_record_after_which_another_was_begun_is_damage_although_that_one_is_torn()
    {
        var lengths = Write(4);
        var bytes = File.ReadAllBytes(FirstSegment);
        bytes.AsSpan((int)lengths[1] + Record.HeaderBytes, 5).Clear();
        bytes.AsSpan((int)lengths[2] + Record.HeaderBytes).Clear();
        File.WriteAllBytes(FirstSegment, bytes);
        using (var store = Open(CorruptionPolicy.Refuse))
        {
            var refused = Should.Throw<LogCorruptException>(store.Load);
            (refused.Offset, refused.What).ShouldBe(
                (lengths[1], $"a record is damaged, yet another was begun after it, at byte {lengths[2]}"));
        }

        using var again = Open(CorruptionPolicy.Truncate);
        var loaded = again.Load();
        (loaded.Entries.Count, loaded.LostIn).ShouldBe((2, new Term(3)));
    }

    [Fact]
    public void A_vote_without_any_segment_is_a_lost_log()
    {
        Write(3);
        File.Delete(FirstSegment);
        ShouldRefuseAndChangeNothing(CorruptionPolicy.Refuse);
        using (var store = Open(CorruptionPolicy.Truncate))
        {
            var loaded = store.Load();
            (loaded.Entries.Count, loaded.LostIn).ShouldBe((0, new Term(3)));
            loaded.State.ShouldBe(Samples.VotedInTerm1 with { Term = new Term(3) });
            store.Damage!.What.ShouldContain("no segment");
        }

        // What was lost, and then the vote, too: nobody knows what it promised.
        File.Delete(FirstSegment);
        File.Delete(Vote);
        ShouldRefuseAndChangeNothing(CorruptionPolicy.ContinueFromPeers);
    }

    [Fact]
    public void What_a_second_damage_sets_aside_leaves_that_of_the_first()
    {
        var lengths = Write(4);
        var whole = File.ReadAllBytes(FirstSegment);
        Flip(FirstSegment, (int)lengths[1] + 5);
        using (var store = Open(CorruptionPolicy.Truncate)) store.Load();
        var first = File.ReadAllBytes(FirstSegment + DamagedLog.Ending);
        Flip(FirstSegment, 5);
        using (var store = Open(CorruptionPolicy.Truncate)) store.Load().Entries.ShouldBeEmpty();
        File.ReadAllBytes(FirstSegment + DamagedLog.Ending).ShouldBe(first);
        File.ReadAllBytes(FirstSegment + ".2" + DamagedLog.Ending)[Segment.HeaderBytes..]
            .ShouldBe(whole[Segment.HeaderBytes..(int)lengths[1]]);
    }

    [Fact]
    public void A_torn_tail_is_no_damage()
    {
        var lengths = Write(3);
        using (var file = File.OpenWrite(FirstSegment)) file.SetLength(lengths[2] - 1);
        using var store = Open(CorruptionPolicy.ContinueFromPeers);
        var loaded = store.Load();
        (loaded.Entries.Count, loaded.LostIn, store.Damage).ShouldBe((2, null, null));
    }

    private void ShouldRefuseAndChangeNothing(CorruptionPolicy policy)
    {
        var before = Content();
        using (var store = Open(policy)) Should.Throw<LogCorruptException>(store.Load);
        Content().ShouldBe(before);
    }

    private List<string> Content() =>
    [
        .. Directory.GetFiles(_directory).Order()
            .Where(static path => Path.GetFileName(path) != "lock")
            .Select(static path => $"{path} {Convert.ToHexString(File.ReadAllBytes(path))}"),
    ];

    private FileLogStore Open(CorruptionPolicy policy) =>
        FileLogStore.Open(_directory, "test/n1", SegmentBytes, policy);

    /// <summary>Entries of term 1 in records of their own, by a voter that has seen term 3.</summary>
    /// <returns>The length of the first segment after each.</returns>
    private List<long> Write(int entries, long segmentBytes = SegmentBytes)
    {
        var lengths = new List<long>();
        using var store = FileLogStore.Open(_directory, "test/n1", segmentBytes);
        store.Load();
        var end = (long)Segment.HeaderBytes;
        for (ulong i = 1; i <= (ulong)entries; i++)
        {
            var state = i == 1 ? Samples.VotedInTerm1 with { Term = new Term(3) } : (HardState?)null;
            store.Write([Samples.Write(i, state, Samples.Entry(i, 1, $"c{i}"))]);
            end += Record.HeaderBytes + Record.EntryHeaderBytes + 2;
            lengths.Add(end);
        }

        return lengths;
    }

    private static void Flip(string path, int offset)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }
}
