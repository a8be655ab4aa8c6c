using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>What every log store does, whatever it is made of.</summary>
public abstract class LogStoreContract
{
    /// <summary>A store over the same disk as the last one, which is closed by then.</summary>
    protected abstract ILogStore Open();

    [Fact]
    public void A_new_store_is_empty()
    {
        using var store = Open();
        var durable = store.Load();
        durable.State.ShouldBe(default);
        durable.Entries.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_written_is_there_when_it_is_opened_again()
    {
        WriteAll(
            Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1), Samples.Entry(2, 1, "a")),
            Samples.Write(2, null, Samples.Entry(3, 1, "b")));

        using var store = Open();
        var durable = store.Load();
        durable.State.ShouldBe(Samples.VotedInTerm1);
        Samples.Show(durable.Entries).ShouldBe(["1@1 NoOp", "2@1 Command a", "3@1 Command b"]);
    }

    [Fact]
    public void A_group_is_written_as_a_whole_and_in_its_order()
    {
        using (var store = Open())
        {
            store.Load();
            store.Write(
            [
                Samples.Write(1, new HardState(new Term(1), null), Samples.Entry(1, 1), Samples.Entry(2, 1, "old")),
                Samples.Write(2, new HardState(new Term(2), new NodeId("n2"))),
                Samples.Write(3, null, Samples.Entry(2, 2, "new")),
            ]);
        }

        using var again = Open();
        var durable = again.Load();
        durable.State.ShouldBe(new HardState(new Term(2), new NodeId("n2")));
        Samples.Show(durable.Entries).ShouldBe(["1@1 NoOp", "2@2 Command new"]);
    }

    [Fact]
    public void Entries_that_replace_others_take_everything_after_them_away()
    {
        WriteAll(
            Samples.Write(1, new HardState(new Term(2), null),
                Samples.Entry(1, 1), Samples.Entry(2, 1, "x"), Samples.Entry(3, 1, "y"), Samples.Entry(4, 1, "z")),
            Samples.Write(2, null, Samples.Entry(2, 2, "b")));

        using var store = Open();
        Samples.Show(store.Load().Entries).ShouldBe(["1@1 NoOp", "2@2 Command b"]);
    }

    [Fact]
    public void A_vote_is_replaced_by_a_newer_term()
    {
        WriteAll(
            Samples.Write(1, Samples.VotedInTerm1),
            Samples.Write(2, new HardState(new Term(7), null)));

        using var store = Open();
        store.Load().State.ShouldBe(new HardState(new Term(7), null));
    }

    [Fact]
    public void A_write_that_leaves_a_gap_is_a_bug_of_the_caller()
    {
        using var store = Open();
        store.Load();
        Should.Throw<InvariantViolatedException>(
            () => store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(2, 1))]));
    }

    [Fact]
    public void The_log_goes_on_after_an_own_snapshot()
    {
        using (var store = Open())
        {
            store.Load();
            store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1), Samples.Entry(2, 1, "a"))]);
            store.Write([Samples.Write(2, null, Samples.Entry(3, 1, "b"), Samples.Entry(4, 1, "c"))]);
            var snapshot = store.Snapshots.Save(Samples.Mark(3, 1), to => to.Write("state"u8));
            snapshot.Bytes.ShouldBe(5);
            store.Write([Samples.Write(3, null) with { CompactTo = new LogIndex(3) }]);
            store.Write([Samples.Write(4, null, Samples.Entry(5, 1, "d"))]);
        }

        using var again = Open();
        var durable = again.Load();
        Samples.Show(durable.Entries).ShouldBe(["4@1 Command c", "5@1 Command d"]);
        durable.Snapshot!.Value.Index.ShouldBe(new LogIndex(3));
        Samples.Text(again.Snapshots.TryRead(durable.Snapshot.Value, 1, 3)).ShouldBe("tat");
        again.Write([Samples.Write(5, null, Samples.Entry(6, 1, "e"))]);
    }

    [Fact]
    public void An_installed_snapshot_takes_the_place_of_the_log()
    {
        using (var store = Open())
        {
            store.Load();
            store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1), Samples.Entry(2, 1, "stale"))]);
            store.Write(
            [
                Samples.Write(2, new HardState(new Term(2), null)) with { Chunk = Samples.Part("state", 0, 3) },
                Samples.Write(3, null, Samples.Entry(3, 1, "stale")),
            ]);
            store.Write(
            [
                Samples.Write(4, null) with { Chunk = Samples.Part("state", 3, 2) },
                Samples.Write(5, null, Samples.Entry(8, 2, "next")),
            ]);
        }

        using var again = Open();
        var durable = again.Load();
        Samples.Show(durable.Entries).ShouldBe(["8@2 Command next"]);
        durable.Snapshot.ShouldBe(Samples.Part("state", 0, 1).Snapshot);
        Samples.Text(again.Snapshots.TryRead(durable.Snapshot!.Value, 0, 100)).ShouldBe("state");
    }

    [Fact]
    public void A_log_from_before_an_installed_snapshot_is_void()
    {
        using (var store = Open())
        {
            store.Load();
            var state = new HardState(new Term(2), null);
            store.Write([Samples.Write(1, state, Samples.Entry(1, 1), Samples.Entry(2, 1, "a"))]);

            // The process ends after the snapshot got its name and before the log was begun anew.
            store.Snapshots.Save(Samples.Mark(7, 2), to => to.Write("state"u8));
        }

        using (var store = Open())
        {
            store.Load().Entries.ShouldBeEmpty();
            store.Write([Samples.Write(2, null, Samples.Entry(8, 2, "next"))]);
        }

        using var again = Open();
        Samples.Show(again.Load().Entries).ShouldBe(["8@2 Command next"]);
    }

    [Fact]
    public void A_snapshot_that_came_in_part_is_forgotten_by_a_restart()
    {
        using (var store = Open())
        {
            store.Load();
            store.Write([Samples.Write(1, new HardState(new Term(2), null), Samples.Entry(1, 1, "a"))]);
            store.Write([Samples.Write(2, null) with { Chunk = Samples.Part("state", 0, 3) }]);
        }

        using var again = Open();
        var durable = again.Load();
        durable.Snapshot.ShouldBeNull();
        Samples.Show(durable.Entries).ShouldBe(["1@1 Command a"]);
    }

    [Fact]
    public void An_older_snapshot_is_not_there_any_more()
    {
        using var store = Open();
        store.Load();
        store.Write([Samples.Write(1, Samples.VotedInTerm1, Samples.Entry(1, 1), Samples.Entry(2, 1, "a"))]);
        var old = store.Snapshots.Save(Samples.Mark(1, 1), to => to.Write("old"u8));
        store.Snapshots.Save(Samples.Mark(2, 1), to => to.Write("new"u8));
        store.Snapshots.TryRead(old, 0, 3).ShouldBeNull();
    }

    private void WriteAll(params Persistence[] writes)
    {
        using var store = Open();
        store.Load();
        foreach (var write in writes) store.Write([write]);
    }
}
