using Holdfast.Containers.Bus;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>What the user of each role must not do on the bus, tried with its own password.</summary>
public sealed class BusRightsTests(ComposeWorld compose)
{
    private const string Refused = "403";

    /// <summary>Each role with what it must not: others' announcements, others' commands, others' queues.</summary>
    public static TheoryData<string, string[]> Forbidden => new()
    {
        {
            "users",
            [
                "publish:holdfast.peer-down", "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted",
                "publish:holdfast.slot-recovered", "publish:holdfast.cmd.start-slot", "publish:holdfast.cmd.stop-slot",
                "publish:holdfast.cmd.cordon-node", "declare-exchange:holdfast.peer-fenced",
                "delete-exchange:holdfast.peer-fenced", "declare-queue:holdfast.failover.mine",
                "consume:holdfast.cmd.define-group", "purge:holdfast.cmd.define-group",
                "delete-queue:holdfast.cmd.pause-failover",
            ]
        },
        {
            "gossip",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted", "publish:holdfast.cmd.start-slot",
                "publish:holdfast.cmd.request-handoff", "delete-exchange:holdfast.peer-fenced",
                "consume:holdfast.cmd.define-group", "declare-queue:users.mine",
            ]
        },
        {
            "consensus",
            [
                "publish:holdfast.peer-down", "publish:holdfast.grain-promoted", "publish:holdfast.slot-placed",
                "publish:holdfast.cmd.define-group", "delete-exchange:holdfast.grain-promoted",
                "declare-queue:users.mine",
            ]
        },
        {
            "failover",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.leader-elected", "publish:holdfast.cmd.start-slot",
                "publish:holdfast.cmd.request-handoff", "consume:holdfast.cmd.define-group",
                "delete-exchange:holdfast.peer-fenced",
            ]
        },
        {
            "recovery",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted", "publish:holdfast.failover-started",
                "publish:holdfast.cmd.request-handoff", "consume:holdfast.cmd.pause-failover",
                "delete-exchange:holdfast.peer-fenced",
            ]
        },
        {
            "handoff",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted", "publish:holdfast.slot-recovered",
                "publish:holdfast.cmd.start-slot", "publish:holdfast.cmd.define-group",
                "consume:holdfast.cmd.pause-failover", "delete-exchange:holdfast.peer-fenced",
            ]
        },
    };

    [Theory, MemberData(nameof(Forbidden))]
    public async Task A_role_is_refused_what_is_not_its_own(string role, string[] attempts)
    {
        var user = await compose.BusAsync(role);

        var outcomes = await user.TryAsync(attempts);

        outcomes["connect"].ShouldBe("allowed", $"{role} with its own password");
        foreach (var attempt in attempts) outcomes[attempt].ShouldBe(Refused, $"{role}: {attempt}");
    }

    [Theory]
    [InlineData("users", "a wrong password")]
    [InlineData("gossip", "")]
    [InlineData("guest", "guest")]
    public async Task Nobody_gets_in_with_a_wrong_password(string role, string password)
    {
        var user = await BusUser.OfAsync(await compose.HealthyAsync(), role, Uri.EscapeDataString(password));

        (await user.TryAsync())["connect"].ShouldNotBe("allowed");
    }
}
