using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

public abstract partial class GrainDirectoryContract
{
    private protected static readonly GroupId Orders = new("orders");
    private static readonly NodeId NodeA = new("west-1");
    private static readonly NodeId NodeB = new("west-2");

    private static SlotRecord Placed(int slot, ulong token = 20, NodeId? node = null, ulong counter = 1) =>
        new(slot, SlotState.Placed, node ?? NodeA, E(token, counter));

    private protected static SlotWrite First(int slot) => new(Placed(slot), null, "groupDefined");

    private static SlotWrite Then(SlotRecord next, ulong token = 20, ulong counter = 1) =>
        new(next, E(token, counter), "because");

    private protected static Task<PutSlotsAnswer> PutAsync(
        IGrainDirectory directory, ulong token, params IReadOnlyList<SlotWrite> slots) =>
        directory.PutSlotsAsync(new PutSlotsCall(Orders, "replica", RecoveryWest, T(token), slots), Cancel);

    /// <summary>A directory whose group belongs to west, under the recovery grant 20.</summary>
    private protected async Task<IGrainDirectory> WithGroupAsync(DirectoryOptions? options = null)
    {
        var directory = await OpenedAsync(options);
        (await directory.ClaimAsync(Orders.Grain, West, 11, 12)).Status.ShouldBe(DirectoryStatus.Ok);
        var shard = GrainShard.Of(Orders.Grain, directory.Shards);
        (await directory.GrantAsync(RecoveryWest, 20, shard)).Status.ShouldBe(DirectoryStatus.Ok);
        return directory;
    }

    [Fact]
    public async Task Slots_that_were_written_are_read_back_in_order()
    {
        var directory = await WithGroupAsync();
        var lost = new SlotRecord(7, SlotState.Unhealthy, null, E(20), NodeB, 3);

        var answer = await PutAsync(directory, 20, new SlotWrite(lost, null, "noCandidate"), First(0), First(3));

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        answer.Slots.ShouldBe(
        [
            new SlotAnswer(7, DirectoryStatus.Ok, lost),
            new SlotAnswer(0, DirectoryStatus.Ok, Placed(0)),
            new SlotAnswer(3, DirectoryStatus.Ok, Placed(3)),
        ]);
        var page = await directory.SlotsAsync(Orders, 0, Cancel);
        page.Records.ShouldBe([Placed(0), Placed(3), lost]);
        page.Next.ShouldBeNull();
        page.Version.ShouldBe(answer.Version);
    }

    [Fact]
    public async Task A_group_without_slots_has_an_empty_page()
    {
        var directory = await WithGroupAsync();

        var page = await directory.SlotsAsync(Orders, 0, Cancel);

        (page.Status, page.Next).ShouldBe((DirectoryStatus.Ok, null));
        page.Records.ShouldBeEmpty();
    }

    [Fact]
    public async Task Slots_of_a_large_group_come_by_pages()
    {
        var directory = await WithGroupAsync(new DirectoryOptions { Shards = 16 });
        foreach (var part in Enumerable.Range(0, 1_200).Chunk(DirectoryLimits.SlotsPerCallMax))
            (await PutAsync(directory, 20, [.. part.Select(First)])).Status.ShouldBe(DirectoryStatus.Ok);
        await PutAsync(directory, 20, First(SlotId.SlotsPerGroupMax - 1));

        var first = await directory.SlotsAsync(Orders, 0, Cancel);
        var all = await directory.AllSlotsAsync(Orders, Cancel);

        (first.Records.Count, first.Next).ShouldBe((500, 500));
        all.Records.Select(record => record.Slot)
            .ShouldBe([.. Enumerable.Range(0, 1_200), SlotId.SlotsPerGroupMax - 1]);
    }

    [Fact]
    public async Task Without_the_installed_grant_no_slot_is_written()
    {
        var directory = await WithGroupAsync();
        await directory.GrantAsync(RecoveryWest, 25);

        var superseded = await PutAsync(directory, 20, First(0));
        var never = await directory.PutSlotsAsync(
            new PutSlotsCall(Orders, "replica", ElectionName.Recovery(North), T(20), [First(0)]), Cancel);

        (superseded.Status, superseded.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, T(25)));
        superseded.Slots.ShouldBeEmpty();
        (never.Status, never.Bound).ShouldBe((DirectoryStatus.GrantSuperseded, Token.None));
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.ShouldBeEmpty();
    }

    [Fact]
    public async Task Grants_of_failover_and_recovery_are_apart()
    {
        var directory = await WithGroupAsync();

        (await directory.GrantAsync(FailoverWest, 15)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.GrantAsync(RecoveryWest, 19)).Bound.ShouldBe(T(20));
        (await directory.TrimAsync(RecoveryWest, 20, 0)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_token_below_the_floor_writes_no_slot()
    {
        var directory = await WithGroupAsync();

        var answer = await PutAsync(directory, 9, new SlotWrite(Placed(0, token: 9), null, "groupDefined"));

        (answer.Status, answer.Bound).ShouldBe((DirectoryStatus.BelowFloor, Floor));
    }

    [Fact]
    public async Task Only_the_cluster_that_owns_the_groups_grain_writes_its_slots()
    {
        var directory = await WithGroupAsync();
        await directory.GrantAsync(FailoverNorth, 30);
        await PutAsync(directory, 20, First(0));
        await directory.PromoteAsync(FailoverNorth, 30, West);
        var north = ElectionName.Recovery(North);
        await directory.GrantAsync(north, 31);

        var late = await PutAsync(directory, 20, Then(Placed(0) with { State = SlotState.Running }));
        var moved = new SlotRecord(0, SlotState.Unhealthy, null, E(20), NodeA, 0);
        var taken = await directory.PutSlotsAsync(
            new PutSlotsCall(Orders, "replica", north, T(31), [new SlotWrite(moved, E(20), "nodeFenced")]), Cancel);

        late.Status.ShouldBe(DirectoryStatus.NotOwner);
        late.Slots.ShouldBeEmpty();
        taken.Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_group_whose_grain_is_nobodys_has_no_slots_written()
    {
        var directory = await OpenedAsync();
        await directory.GrantAsync(RecoveryWest, 20);

        var absent = await PutAsync(directory, 20, First(0));
        await directory.ClaimAsync(Orders.Grain, West, 11, 12);
        await directory.ReleaseAsync(Orders.Grain, E(12), 11);
        var released = await PutAsync(directory, 20, First(0));

        absent.Status.ShouldBe(DirectoryStatus.NotOwner);
        released.Status.ShouldBe(DirectoryStatus.NotOwner);
    }

    [Fact]
    public async Task One_slot_that_is_another_than_expected_keeps_all_others_from_being_written()
    {
        var directory = await WithGroupAsync();
        await PutAsync(directory, 20, First(1));
        var written = (await directory.OutboxAsync()).Count;

        var answer = await PutAsync(
            directory, 20, First(0), Then(Placed(1) with { State = SlotState.Running }, counter: 9), First(2));

        answer.Status.ShouldBe(DirectoryStatus.LostRace);
        answer.Slots.ShouldBe(
        [
            new SlotAnswer(0, DirectoryStatus.Ok, null),
            new SlotAnswer(1, DirectoryStatus.LostRace, Placed(1)),
            new SlotAnswer(2, DirectoryStatus.Ok, null),
        ]);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.ShouldBe([Placed(1)]);
        (await directory.OutboxAsync()).Count.ShouldBe(written);
    }

    [Fact]
    public async Task Every_step_of_a_slot_is_announced_with_who_where_and_why()
    {
        var directory = await WithGroupAsync();
        using var activity = new Activity("incident").SetIdFormat(ActivityIdFormat.W3C).Start();
        var lost = new SlotRecord(2, SlotState.Unhealthy, null, E(20), NodeA, 1);
        var placed = new SlotRecord(2, SlotState.Placed, NodeB, E(20, 2), NodeA, 2);
        await PutAsync(directory, 20, First(2));
        await PutAsync(directory, 20, new SlotWrite(lost, E(20), "nodeFenced"));
        await PutAsync(directory, 20, Then(lost with { State = SlotState.Unrecoverable }));
        await PutAsync(directory, 20, Then(placed));
        await PutAsync(directory, 20, Then(placed with { State = SlotState.Running }, counter: 2));
        await PutAsync(directory, 20, Then(placed with { State = SlotState.Stopped, Node = null }, counter: 2));

        var entries = await directory.OutboxAsync(after: 1);

        entries.Select(entry => entry.EventType).ShouldBe(
        [
            "SlotPlaced", "SlotUnhealthy", "SlotUnrecoverable", "SlotPlaced", "SlotRecovered", "SlotUnhealthy",
        ]);
        entries.ShouldAllBe(entry => entry.TraceParent.Contains(activity.TraceId.ToString()));
        Decoded<SlotPlaced>(entries[0]).OldNode.ShouldBeNull();
        var unhealthy = Decoded<SlotUnhealthy>(entries[1]);
        (unhealthy.OldNode, unhealthy.NewNode, unhealthy.Reason).ShouldBe(("west-1", null, "nodeFenced"));
        Decoded<SlotUnrecoverable>(entries[2]).OldNode.ShouldBe("west-1");
        var again = Decoded<SlotPlaced>(entries[3]);
        (again.OldNode, again.NewNode, again.Attempt).ShouldBe(("west-1", "west-2", 2));
        var recovered = Decoded<SlotRecovered>(entries[4]);
        (recovered.Source, recovered.Subject, recovered.Sequence)
            .ShouldBe(("recovery/west", "slot/orders/2", EventIdentity.Sequence(Floor.Value, entries[4].Seq)));
        (recovered.Group, recovered.Slot, recovered.Kind, recovered.Epoch)
            .ShouldBe(("orders", 2, "replica", E(20, 2).ToString()));
        (recovered.OldNode, recovered.NewNode).ShouldBe(("west-1", "west-2"));
    }

    [Fact]
    public async Task A_full_outbox_refuses_slots_that_would_change_and_no_others()
    {
        var directory = await WithGroupAsync(new DirectoryOptions { Shards = 1, OutboxEntriesMax = 2 });
        await PutAsync(directory, 20, First(0));

        var late = await PutAsync(directory, 20, First(0), First(1));
        var repeated = await PutAsync(directory, 20, First(0));

        (late.Status, late.Slots.Count).ShouldBe((DirectoryStatus.OutboxFull, 0));
        repeated.Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.ShouldBe([Placed(0)]);
    }

    [Fact]
    public async Task Five_hundred_slots_are_written_in_one_step()
    {
        var directory = await WithGroupAsync();

        var answer = await PutAsync(directory, 20, [.. Enumerable.Range(0, 500).Select(First)]);

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        answer.Version.Seq.ShouldBe(501ul);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.Count.ShouldBe(500);
    }

    [Fact]
    public async Task Writes_of_slots_that_no_caller_may_give_are_refused_before_anything_is_sent()
    {
        var directory = await WithGroupAsync();
        var call = new PutSlotsCall(Orders, "replica", RecoveryWest, T(20), [First(0)]);
        PutSlotsCall[] illegal =
        [
            call with { Group = default },
            call with { Kind = "" },
            call with { Kind = "a\tb" },
            call with { Election = FailoverWest },
            call with { Election = new ElectionName("recovery/a/b") },
            call with { Token = Token.None },
            call with { Slots = [] },
            call with { Slots = [.. Enumerable.Range(0, 501).Select(First)] },
            call with { Slots = [First(0), First(0)] },
            call with { Slots = [First(-1)] },
            call with { Slots = [First(SlotId.SlotsPerGroupMax)] },
            call with { Slots = [First(0) with { Reason = "two\nlines" }] },
            call with { Slots = [First(0) with { Reason = new string('x', 257) }] },
            call with { Slots = [First(0) with { New = Placed(0, token: 19) }] },
            call with { Slots = [First(0) with { New = Placed(0, counter: 0) }] },
            call with { Slots = [First(0) with { New = Placed(0) with { Node = null } }] },
            call with { Slots = [First(0) with { New = Placed(0) with { Node = default(NodeId) } }] },
            call with { Slots = [First(0) with { New = Placed(0) with { State = SlotState.Stopped } }] },
            call with { Slots = [First(0) with { New = Placed(0) with { Attempt = -1 } }] },
        ];

        foreach (var one in illegal)
            await Should.ThrowAsync<ArgumentException>(() => directory.PutSlotsAsync(one, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => directory.SlotsAsync(default, 0, Cancel));
        await Should.ThrowAsync<ArgumentException>(() => directory.SlotsAsync(Orders, -1, Cancel));
        await Should.ThrowAsync<ArgumentException>(() =>
            directory.SlotsAsync(Orders, SlotId.SlotsPerGroupMax, Cancel));
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.ShouldBeEmpty();
    }
}
