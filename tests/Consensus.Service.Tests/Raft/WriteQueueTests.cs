using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Tests.Raft;

public sealed class WriteQueueTests
{
    private static readonly NodeId N1 = new("n1");
    private static readonly NodeId N2 = new("n2");

    [Fact]
    public void While_the_disk_stalls_acknowledgements_without_a_write_take_one_place()
    {
        var queue = new WriteQueue();
        queue.Add(Write(1), [Accepted(N1, 1)]);
        for (ulong i = 2; i <= 10_000; i++) queue.Add(null, [Accepted(N1, i)]);
        queue.Add(null, [Accepted(N1, 7), Accepted(N2, 3)]);
        queue.Count.ShouldBe(2);

        var group = TakeAll(queue);

        group[0].SendAfter.ShouldBe([Accepted(N1, 1)]);
        group[1].SendAfter.ShouldBe([Accepted(N1, 10_000), Accepted(N2, 3)], "a late one says less");
    }

    [Fact]
    public void What_is_said_after_a_later_write_is_not_said_after_an_earlier_one()
    {
        var queue = new WriteQueue();
        queue.Add(null, [Accepted(N1, 1)]);
        queue.Add(Write(1), [Accepted(N1, 2)]);
        queue.Add(null, [Accepted(N1, 2)]);
        TakeAll(queue).Select(static job => (job.Write?.Number.Value, job.SendAfter.Length))
            .ShouldBe([(null, 1), (1UL, 1), (null, 1)]);
    }

    [Fact]
    public void Messages_of_different_kinds_and_newer_terms_are_kept()
    {
        var queue = new WriteQueue();
        var vote = new Envelope(N1, new VoteReply(new Term(2), Granted: false));
        var newer = new Envelope(N1, new AppendAccepted(new Term(2), new LogIndex(1)));
        queue.Add(null, [Accepted(N1, 5)]);
        queue.Add(null, [vote]);
        queue.Add(null, [newer]);
        TakeAll(queue).ShouldHaveSingleItem().SendAfter.ShouldBe([newer, vote]);
    }

    [Fact]
    public void A_group_ends_with_the_job_that_reaches_its_size()
    {
        var queue = new WriteQueue();
        for (ulong i = 1; i <= 5; i++) queue.Add(Write(i, bytes: 10), []);
        var group = new List<WriteJob>();
        queue.TakeGroup(group, bytesMax: 25);
        group.Count.ShouldBe(3);
        queue.Count.ShouldBe(2);
    }

    [Fact]
    public void The_same_news_passes_once_in_a_while_with_the_number_held_back()
    {
        var gate = new RepeatGate<string>(TimeSpan.FromSeconds(30));
        gate.Pass("a", Instant.Zero).ShouldBe(0);
        for (var i = 1; i <= 299; i++)
            gate.Pass("a", Instant.Zero + TimeSpan.FromMilliseconds(100 * i)).ShouldBeNull();
        gate.Pass("b", Instant.Zero + TimeSpan.FromSeconds(1)).ShouldBe(0);
        gate.Pass("a", Instant.Zero + TimeSpan.FromSeconds(30)).ShouldBe(299);
        gate.Pass("a", Instant.Zero + TimeSpan.FromSeconds(31)).ShouldBeNull();
    }

    private static Envelope Accepted(NodeId to, ulong matched) =>
        new(to, new AppendAccepted(new Term(1), new LogIndex(matched)));

    private static Persistence Write(ulong number, int bytes = 0) => new()
    {
        Number = new PersistenceNumber(number),
        Entries = [new LogEntry(new LogIndex(number), new Term(1), EntryKind.Command, new byte[bytes])],
    };

    private static List<WriteJob> TakeAll(WriteQueue queue)
    {
        var group = new List<WriteJob>();
        queue.TakeGroup(group, long.MaxValue);
        return group;
    }
}
