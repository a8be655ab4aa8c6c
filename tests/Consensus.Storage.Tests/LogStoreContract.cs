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

    private void WriteAll(params Persistence[] writes)
    {
        using var store = Open();
        store.Load();
        foreach (var write in writes) store.Write([write]);
    }
}
