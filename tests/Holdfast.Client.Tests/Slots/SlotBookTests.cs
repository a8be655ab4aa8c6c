using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Slots;

/// <summary>What a host does with orders, told without a clock and without a network.</summary>
public sealed class SlotBookTests
{
    private readonly SlotBook _book = new(capacity: 2);

    private static SlotId Slot(int index) => new(new GroupId("orders"), index);

    private static Epoch E(ulong token) => Epoch.First(new Token(token));

    private static SlotOrder Start(int slot, ulong token) => Order(slot, token, SlotOrder.Start);

    private static SlotOrder Stop(int slot, ulong token) => Order(slot, token, SlotOrder.Stop);

    private static SlotOrder Order(int slot, ulong token, string action) => new()
    {
        Group = "orders",
        Slot = slot,
        Kind = "replica",
        Epoch = E(token).ToString(),
        Action = action,
    };

    /// <summary>Reports, and takes the answer to it; says what is to be done and what was refused.</summary>
    private string Sync(params SlotOrder[] orders)
    {
        _book.Report();
        var outcome = _book.Take(new SlotHostAnswer { Slots = orders });
        return string.Join("; ", outcome.Acts.Select(Say).Concat(outcome.Refused.Select(order => $"refused {order}")));
    }

    private static string Say(SlotAct act) =>
        $"{act.GetType().Name.ToLowerInvariant()} {act.Slot.Index} under {act.Epoch.Token.Value}";

    /// <summary>What Recovery is told.</summary>
    private string Told() => string.Join("; ", _book.Peek().Select(slot =>
        $"{slot.Slot} {slot.State} under {Epoch.Parse(slot.Epoch).Token.Value}" +
        (slot.Detail is null ? "" : $": {slot.Detail}")));

    [Fact]
    public void A_start_is_carried_out_once_however_often_it_is_ordered()
    {
        Sync(Start(0, 20)).ShouldBe("start 0 under 20");
        Told().ShouldBe("0 starting under 20");

        Sync(Start(0, 20)).ShouldBeEmpty();
        _book.Started(Slot(0), E(20)).ShouldBeTrue();
        Sync(Start(0, 20)).ShouldBeEmpty();

        Told().ShouldBe("0 running under 20");
    }

    [Fact]
    public void What_is_not_mentioned_stays_as_it_is()
    {
        Sync(Start(0, 20));
        _book.Started(Slot(0), E(20));

        Sync().ShouldBeEmpty();

        Told().ShouldBe("0 running under 20");
    }

    [Fact]
    public void A_stop_is_told_until_an_answer_to_that_report_does_not_mention_the_slot()
    {
        Sync(Start(0, 20));
        _book.Started(Slot(0), E(20));

        Sync(Stop(0, 20)).ShouldBe("stop 0 under 20");
        Told().ShouldBe("0 stopping under 20");
        Sync(Stop(0, 20)).ShouldBeEmpty();
        _book.Report();
        _book.Stopped(Slot(0), E(20));
        _book.Take(new SlotHostAnswer { Slots = [] });
        Told().ShouldBe("0 stopped under 20");
        Sync(Stop(0, 20)).ShouldBeEmpty();
        Told().ShouldBe("0 stopped under 20");
        Sync();

        Told().ShouldBeEmpty();
    }

    [Fact]
    public void A_stop_overtakes_a_start_that_is_under_way()
    {
        Sync(Start(0, 20));

        Sync(Stop(0, 20)).ShouldBe("stop 0 under 20");
        _book.Started(Slot(0), E(20)).ShouldBeFalse();
        _book.Failed(Slot(0), E(20), "cancelled").ShouldBeFalse();
        _book.Stopped(Slot(0), E(20)).ShouldBeTrue();

        Told().ShouldBe("0 stopped under 20");
    }

    [Fact]
    public void A_start_below_an_epoch_that_was_seen_is_refused()
    {
        Sync(Start(0, 20));
        _book.Started(Slot(0), E(20));

        Sync(Start(0, 19)).ShouldBe($"refused a start of orders/0 under {E(19)}: {E(20)} was seen");
        Sync(Stop(0, 19)).ShouldBe($"refused a stop of orders/0 under {E(19)}: {E(20)} was seen");

        Told().ShouldBe("0 running under 20");
    }

    [Fact]
    public void An_epoch_that_ended_here_never_starts_again()
    {
        Sync(Start(0, 20));
        Sync(Stop(0, 20));
        _book.Stopped(Slot(0), E(20));
        Sync();

        Sync(Start(0, 20)).ShouldBe($"refused a start of orders/0 under {E(20)}: {E(20)} was seen");
        Told().ShouldBe("0 stopped under 20: It ended here before.");
        Sync(Start(0, 21)).ShouldBe("start 0 under 21");
    }

    [Fact]
    public void A_slot_that_was_to_stop_before_its_start_came_does_not_start()
    {
        Sync(Stop(0, 20)).ShouldBeEmpty();

        Sync(Start(0, 20)).ShouldBe($"refused a start of orders/0 under {E(20)}: {E(20)} was seen");
        Sync(Start(0, 19)).ShouldBe($"refused a start of orders/0 under {E(19)}: {E(20)} was seen");

        Told().ShouldBe("0 stopped under 20: It ended here before.");
    }

    [Fact]
    public void A_higher_epoch_starts_after_the_run_before_has_stopped()
    {
        Sync(Start(0, 20));
        _book.Started(Slot(0), E(20));

        Sync(Start(0, 21)).ShouldBe("stop 0 under 20");
        Sync(Start(0, 21)).ShouldBeEmpty();
        _book.Stopped(Slot(0), E(20));
        Sync(Start(0, 20)).ShouldBeEmpty();
        Sync(Start(0, 21)).ShouldBe("start 0 under 21");

        Told().ShouldBe("0 starting under 21");
    }

    [Fact]
    public void Between_two_epochs_a_deposed_holder_starts_nothing()
    {
        Sync(Start(0, 20));
        Sync(Start(0, 30));
        _book.Stopped(Slot(0), E(20));

        Sync(Start(0, 25)).ShouldBe($"refused a start of orders/0 under {E(25)}: {E(30)} was seen");
        Sync(Start(0, 30)).ShouldBe("start 0 under 30");
    }

    [Fact]
    public void What_failed_is_told_and_wants_a_new_epoch()
    {
        Sync(Start(0, 20));
        _book.Failed(Slot(0), E(20), "no disk").ShouldBeTrue();

        Sync(Start(0, 20)).ShouldBeEmpty();
        Told().ShouldBe("0 failed under 20: no disk");

        Sync(Start(0, 21)).ShouldBe("start 0 under 21");
    }

    [Fact]
    public void A_slot_that_ended_by_itself_failed()
    {
        Sync(Start(0, 20));
        _book.Started(Slot(0), E(20));

        _book.Failed(Slot(0), E(19), "late news").ShouldBeFalse();
        _book.Failed(Slot(0), E(20), "crashed").ShouldBeTrue();

        Told().ShouldBe("0 failed under 20: crashed");
    }

    [Fact]
    public void A_stop_that_failed_is_tried_again_and_the_slot_counts_as_running_until_then()
    {
        Sync(Start(0, 20));
        _book.Started(Slot(0), E(20));
        Sync(Stop(0, 20));

        _book.StopFailed(Slot(0), E(20), "hangs").ShouldBeTrue();
        Told().ShouldBe("0 stopping under 20: hangs");
        _book.Active.ShouldBe(1);

        Sync(Stop(0, 20)).ShouldBe("stop 0 under 20");
    }

    [Fact]
    public void More_than_the_host_takes_fails_at_once_and_room_is_made_by_a_stop()
    {
        Sync(Start(0, 20), Start(1, 20), Start(2, 20)).ShouldBe(
            $"start 0 under 20; start 1 under 20; refused a start of orders/2 under {E(20)}: all 2 places are taken");
        Told().ShouldEndWith("2 failed under 20: No room: the host takes 2.");

        Sync(Stop(0, 20));
        _book.Stopped(Slot(0), E(20));

        Sync(Start(2, 21)).ShouldBe("start 2 under 21");
    }

    [Fact]
    public void Everything_that_may_run_is_stopped_in_the_end()
    {
        Sync(Start(0, 20), Start(1, 20));
        _book.Started(Slot(0), E(20));

        _book.StopAll().Select(Say).ShouldBe(["stop 0 under 20", "stop 1 under 20"]);
        _book.StopAll().ShouldBeEmpty();
        _book.StopFailed(Slot(1), E(20), "hangs");

        _book.StopAll().Select(Say).ShouldBe(["stop 1 under 20"]);
    }

    [Theory]
    [InlineData("", 0, "0000000000000014-0000000000000001", "start")]
    [InlineData("or ders", 0, "0000000000000014-0000000000000001", "start")]
    [InlineData("orders", -1, "0000000000000014-0000000000000001", "start")]
    [InlineData("orders", 65_535, "0000000000000014-0000000000000001", "start")]
    [InlineData("orders", 0, "20", "start")]
    [InlineData("orders", 0, "0000000000000000-0000000000000000", "start")]
    [InlineData("orders", 0, "0000000000000014-0000000000000001", "restart")]
    public void An_order_that_makes_no_sense_is_refused_and_the_others_are_followed(
        string group, int slot, string epoch, string action)
    {
        var senseless = new SlotOrder { Group = group, Slot = slot, Kind = "replica", Epoch = epoch, Action = action };

        Sync(senseless, Start(1, 20)).ShouldBe(
            $"start 1 under 20; refused '{action}' of slot {slot} of '{group}' under '{epoch}'");
    }

    [Fact]
    public void An_order_that_is_null_is_refused()
    {
        Sync([null!]).ShouldBe("refused '' of slot  of '' under ''");
        _book.Take(new SlotHostAnswer { Slots = null! }).Acts.ShouldBeEmpty();
    }

    [Fact]
    public void Epochs_of_slots_long_gone_are_forgotten_before_those_that_are_here()
    {
        Sync(Start(0, 20));
        for (var i = 0; i <= SlotBook.KnownMax; i++)
            _book.Take(new SlotHostAnswer { Slots = [Stop(1, 1) with { Group = $"g{i}" }] });

        Sync(Start(0, 19)).ShouldBe($"refused a start of orders/0 under {E(19)}: {E(20)} was seen");
    }
}
