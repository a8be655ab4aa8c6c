using System.Diagnostics;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Recovery.Service.Tests.World;

namespace Holdfast.Recovery.Service.Tests;

/// <summary>Slots of a dead node, and of a dead cluster, on real voters, with real hosts.</summary>
public sealed class RecoveryTests
{
    private static readonly string Trace = ActivityTraceId.CreateRandom().ToHexString();

    private static string TraceParent => $"00-{Trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01";

    [Fact]
    public async Task The_slots_of_a_fenced_node_are_unhealthy_first_then_placed_and_then_run_on_the_other()
    {
        await using var world = await SlotWorld.StartAsync();
        await world.FailoverAsync("east");
        var recovery = await world.RecoveryAsync("east");
        var agent = await world.AgentAsync("e1", "east");
        await world.AgentAsync("e2", "east");
        var first = await world.HostAsync("e1", "east", recovery);
        await world.DemandAsync(Define("counters", "east", 3));
        await Until.RunAsync(recovery, "counters", 3);
        first.Slots.Count.ShouldBe(3);
        var before = await world.SlotAsync("counters", 1);

        var second = await world.HostAsync("e2", "east", recovery);
        await world.StopAsync(agent);
        await world.FenceAsync("e1", "east", TraceParent);
        foreach (var slot in Enumerable.Range(0, 3)) await IsRecoveredAsync(world, "counters", slot, "e1", "e2");

        second.Slots.Count.ShouldBe(3);
        var after = await world.SlotAsync("counters", 1);
        after.State.ShouldBe(SlotState.Running);
        after.Epoch.ShouldBeGreaterThan(before.Epoch);
        second.Slots[new SlotId(new GroupId("counters"), 1)].ShouldBe(after.Epoch);
    }

    [Fact]
    public async Task A_group_whose_home_died_is_promoted_like_any_grain_and_goes_on_in_its_new_home()
    {
        await using var world = await SlotWorld.StartAsync();
        await world.FailoverAsync("west");
        var west = await world.RecoveryAsync("west");
        var east = await world.RecoveryAsync("east");
        var agent = await world.AgentAsync("e1", "east");
        await world.AgentAsync("w1", "west");
        await world.HostAsync("e1", "east", east);
        var heir = await world.HostAsync("w1", "west", west);
        await world.DemandAsync(Define("counters", "east", 2));
        await Until.RunAsync(east, "counters", 2);
        heir.Slots.ShouldBeEmpty();

        await world.StopAsync(east);
        await world.StopAsync(agent);
        await world.FenceAsync("e1", "east", TraceParent);
        await world.Heard.WaitForAsync<GrainPromoted>("of the group", promoted =>
            promoted.Grains.Any(grain => grain is { Type: GroupId.GrainType, Key: "counters" }));
        foreach (var slot in Enumerable.Range(0, 2)) await IsRecoveredAsync(world, "counters", slot, "e1", "w1");

        heir.Slots.Count.ShouldBe(2);
        (await world.SlotAsync("counters", 0)).Node.ShouldBe(new NodeId("w1"));
    }

    [Fact]
    public async Task A_second_instance_goes_on_where_the_first_ended_and_moves_nothing()
    {
        await using var world = await SlotWorld.StartAsync();
        await world.FailoverAsync("east");
        var first = await world.RecoveryAsync("east", "recovery-1");
        await world.AgentAsync("e1", "east");
        var host = await world.HostAsync("e1", "east", first);
        await world.DemandAsync(Define("counters", "east", 2));
        await Until.RunAsync(first, "counters", 2);
        var before = await world.SlotAsync("counters", 0);
        await world.StopAsync(host);

        await world.StopAsync(first);
        var second = await world.RecoveryAsync("east", "recovery-2");
        host = await world.HostAsync("e1", "east", second);
        await Until.RunAsync(second, "counters", 2);

        // The host was another process: what ran in the first was lost with its session, and runs under a new epoch.
        (await world.SlotAsync("counters", 0)).Epoch.ShouldBeGreaterThan(before.Epoch);
        host.Slots.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Groups_grow_shrink_and_end_by_command()
    {
        await using var world = await SlotWorld.StartAsync();
        await world.FailoverAsync("east");
        var recovery = await world.RecoveryAsync("east");
        await world.AgentAsync("e1", "east");
        var host = await world.HostAsync("e1", "east", recovery);
        await world.DemandAsync(Define("counters", "east", 1));
        await Until.RunAsync(recovery, "counters", 1);

        await world.DemandAsync(new ScaleGroup { CommandId = Guid.NewGuid(), Group = "counters", Slots = 3 });
        await Until.RunAsync(recovery, "counters", 3);
        await world.DemandAsync(new ScaleGroup { CommandId = Guid.NewGuid(), Group = "counters", Slots = 2 });
        await Until.RunAsync(recovery, "counters", 2);
        await world.DemandAsync(new RemoveGroup { CommandId = Guid.NewGuid(), Group = "counters" });
        await Until.HoldsAsync(
            recovery,
            "/v1/slots",
            slots => slots.GetArrayLength() == 3 &&
                slots.EnumerateArray().All(slot => slot.GetProperty("state").GetString() == "stopped"),
            "end of all slots");
        host.Slots.ShouldBeEmpty();
    }

    // The three events of one slot: in this order as they were written, however they arrived, and of the fence's trace.
    private static async Task IsRecoveredAsync(SlotWorld world, string group, int slot, string from, string to)
    {
        var unhealthy = await world.Heard.WaitForAsync<SlotUnhealthy>(
            $"of {group}/{slot}", one => one.Slot == slot && one.OldNode == from);
        var placed = await world.Heard.WaitForAsync<SlotPlaced>(
            $"of {group}/{slot} on {to}", one => one.Slot == slot && one.NewNode == to);
        var recovered = await world.Heard.WaitForAsync<SlotRecovered>(
            $"of {group}/{slot} on {to}", one => one.Slot == slot && one.NewNode == to);
        unhealthy.Reason.ShouldBe("fenced");
        recovered.OldNode.ShouldBe(from);
        recovered.Epoch.ShouldBe(placed.Epoch);
        IEvent[] course = [unhealthy, placed, recovered];
        course.Select(one => one.Sequence).ShouldBeInOrder();
        foreach (var one in world.Heard.All.Where(heard => course.Contains(heard.Event)))
            one.TraceParent!.ShouldContain(Trace);
    }

    private static DefineGroup Define(string group, string cluster, int slots) => new()
    {
        CommandId = Guid.NewGuid(),
        Group = group,
        Kind = "replica",
        ClusterId = cluster,
        Slots = slots,
    };
}
