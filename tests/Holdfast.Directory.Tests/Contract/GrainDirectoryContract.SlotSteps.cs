using Holdfast.Contracts;
using Holdfast.Primitives;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Contract;

/// <summary>Which step of a slot may follow which.</summary>
public abstract partial class GrainDirectoryContract
{
    [Fact]
    public async Task A_write_of_slots_repeated_changes_nothing_and_answers_as_before()
    {
        var directory = await WithGroupAsync();
        var first = await PutAsync(directory, 20, First(0), First(1));

        var second = await PutAsync(directory, 20, First(0), First(1));

        second.Version.ShouldBe(first.Version);
        second.Slots.ShouldBe(first.Slots);
        second.Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_write_repeated_late_says_what_has_changed_since_and_undoes_nothing()
    {
        var directory = await WithGroupAsync();
        var running = Placed(0) with { State = SlotState.Running };
        var lost = new SlotRecord(0, SlotState.Unhealthy, null, E(20), NodeA, 0);
        await PutAsync(directory, 20, First(0));
        await PutAsync(directory, 20, Then(running));
        await PutAsync(directory, 20, Then(lost));

        var placed = await PutAsync(directory, 20, First(0));
        var confirmed = await PutAsync(directory, 20, Then(running));

        placed.Slots.ShouldBe([new SlotAnswer(0, DirectoryStatus.LostRace, lost)]);
        confirmed.Slots.ShouldBe([new SlotAnswer(0, DirectoryStatus.LostRace, lost)]);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.ShouldBe([lost]);
    }

    [Fact]
    public async Task That_a_slot_is_unrecoverable_is_said_once_also_when_its_node_lets_go_of_it_later()
    {
        var directory = await WithGroupAsync();
        var given = Placed(0) with { State = SlotState.Unrecoverable };
        await PutAsync(directory, 20, First(0));
        await PutAsync(directory, 20, Then(given));

        var released = await PutAsync(directory, 20, Then(given with { Node = null, Previous = NodeA }));

        released.Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.Single().Node.ShouldBeNull();
        var said = (await directory.OutboxAsync()).Select(entry => entry.EventType);
        said.Count(type => type == nameof(SlotUnrecoverable)).ShouldBe(1);
    }

    public static TheoryData<SlotState, bool, SlotState, bool, bool> StepsUnderOneEpoch => new()
    {
        { SlotState.Placed, true, SlotState.Running, true, true },
        { SlotState.Placed, true, SlotState.Unhealthy, false, true },
        { SlotState.Running, true, SlotState.Stopping, true, true },
        { SlotState.Running, true, SlotState.Placed, true, false },
        { SlotState.Stopping, true, SlotState.Running, true, false },
        { SlotState.Stopping, true, SlotState.Stopped, false, true },
        { SlotState.Unhealthy, true, SlotState.Unhealthy, false, true },
        { SlotState.Unhealthy, false, SlotState.Unhealthy, true, false },
        { SlotState.Unhealthy, false, SlotState.Unrecoverable, false, true },
        { SlotState.Unrecoverable, false, SlotState.Unhealthy, false, false },
        { SlotState.Stopped, false, SlotState.Unhealthy, false, false },
    };

    [Theory]
    [MemberData(nameof(StepsUnderOneEpoch))]
    public async Task Under_one_epoch_a_slot_only_goes_on(
        SlotState from, bool hadNode, SlotState to, bool hasNode, bool isLegal)
    {
        var directory = await WithGroupAsync();
        var before = new SlotRecord(0, from, hadNode ? NodeA : null, E(20));
        var after = new SlotRecord(0, to, hasNode ? NodeA : null, E(20));
        await PutAsync(directory, 20, new SlotWrite(before, null, "planted"));

        var answer = await PutAsync(directory, 20, Then(after));

        answer.Status.ShouldBe(isLegal ? DirectoryStatus.Ok : DirectoryStatus.LostRace);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.ShouldBe([isLegal ? after : before]);
    }

    [Fact]
    public async Task Another_node_gets_a_slot_only_after_nobody_can_run_it_any_more()
    {
        var directory = await WithGroupAsync();
        await PutAsync(directory, 20, First(0));
        var elsewhere = Placed(0, node: NodeB, counter: 2);

        var tooSoon = await PutAsync(directory, 20, Then(elsewhere));
        var sameEpoch = await PutAsync(directory, 20, Then(Placed(0, node: NodeB)));
        await PutAsync(directory, 20, Then(new SlotRecord(0, SlotState.Unhealthy, null, E(20), NodeA, 0)));
        var afterwards = await PutAsync(directory, 20, Then(elsewhere));

        tooSoon.Status.ShouldBe(DirectoryStatus.LostRace);
        sameEpoch.Status.ShouldBe(DirectoryStatus.LostRace);
        afterwards.Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_slot_may_be_placed_anew_where_it_is_under_a_new_epoch()
    {
        var directory = await WithGroupAsync();
        await PutAsync(directory, 20, First(0));

        var answer = await PutAsync(directory, 20, Then(Placed(0, counter: 17)));
        var next = await PutAsync(directory, 20, Then(Placed(0, counter: 18), counter: 17));

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        next.Slots.ShouldHaveSingleItem().Record!.Epoch.ShouldBe(E(20, 18));
    }

    [Fact]
    public async Task A_new_epoch_that_is_not_above_the_records_is_told_the_token_to_exceed()
    {
        var directory = await WithGroupAsync();
        await PutAsync(directory, 20, First(0), First(1));
        await directory.GrantAsync(RecoveryWest, 40);
        await PutAsync(directory, 40, Then(Placed(0, token: 40)));
        await directory.GrantAsync(FailoverNorth, 41);
        await directory.PromoteAsync(FailoverNorth, 41, West);
        var north = ElectionName.Recovery(North);
        await directory.GrantAsync(north, 30);

        var answer = await directory.PutSlotsAsync(
            new PutSlotsCall(
                Orders,
                "replica",
                north,
                T(30),
                [Then(Placed(1, token: 30)), Then(Placed(0, token: 30), token: 40)]),
            Cancel);

        (answer.Status, answer.Bound).ShouldBe((DirectoryStatus.TokenTooLow, T(40)));
        answer.Slots.Select(slot => slot.Status).ShouldBe([DirectoryStatus.Ok, DirectoryStatus.TokenTooLow]);
        (await directory.SlotsAsync(Orders, 0, Cancel)).Records.ShouldBe([Placed(0, token: 40), Placed(1)]);
    }

    [Fact]
    public async Task A_new_holder_goes_on_with_the_epoch_of_the_one_before()
    {
        var directory = await WithGroupAsync();
        await PutAsync(directory, 20, First(0));
        await directory.GrantAsync(RecoveryWest, 40);

        var answer = await PutAsync(directory, 40, Then(Placed(0) with { State = SlotState.Running }));

        answer.Status.ShouldBe(DirectoryStatus.Ok);
        answer.Slots.ShouldHaveSingleItem().Record!.Epoch.ShouldBe(E(20));
    }
}
