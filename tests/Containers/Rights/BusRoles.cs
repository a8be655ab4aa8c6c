namespace Holdfast.Containers.Rights;

/// <summary>
/// What deploy/access.sh grants on the bus and what it does not, role by role, as <c>verb:name</c> for attempts.py.
/// Tried by the tests on a broker of their own (tests/Holdfast.Hosting.Tests) and by those on the compose set.
/// </summary>
public static class BusRoles
{
    /// <summary>Each role with what it must not: others' announcements, commands, answers and queues.</summary>
    public static TheoryData<string, string[]> Forbidden => new()
    {
        {
            "users",
            [
                "publish:holdfast.peer-down", "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted",
                "publish:holdfast.slot-recovered", "publish:holdfast.cmd.start-slot", "publish:holdfast.cmd.stop-slot",
                "publish:holdfast.cmd.cordon-node", "publish:holdfast.cmd.pause-failover",
                "declare-exchange:holdfast.peer-fenced", "delete-exchange:holdfast.peer-fenced",
                "declare-exchange:holdfast.cmd.define-group", "delete-exchange:holdfast.cmd.define-group",
                "delete-exchange:holdfast.cmd.start-slot", "delete-exchange:holdfast.cmd.request-handoff",
                "declare-queue:holdfast.cmd.define-group", "delete-queue:holdfast.cmd.define-group",
                "consume:holdfast.cmd.define-group", "purge:holdfast.cmd.define-group",
                "overhear:holdfast.cmd.define-group", "inject:holdfast.cmd.define-group",
                "delete-queue:holdfast.cmd.pause-failover", "declare-queue:holdfast.failover.mine",
                "delete-queue:holdfast.failover.failover-east.peer-fenced",
                "consume:holdfast.failover.failover-east.peer-fenced",
                "delete-queue:holdfast.handoff.edge-1.cmd.request-handoff",
                .. OthersAnswers("recovery"), .. OthersAnswers("operator"), "publish:holdfast.answers.gossip.theirs",
            ]
        },
        {
            "gossip",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted", "publish:holdfast.cmd.start-slot",
                "publish:holdfast.cmd.request-handoff", "delete-exchange:holdfast.peer-fenced",
                "delete-exchange:holdfast.peer-down", "consume:holdfast.cmd.define-group", "declare-queue:users.mine",
                "inject:holdfast.cmd.define-group", "overhear:holdfast.cmd.define-group",
                "publish:holdfast.answers.users.theirs", .. OthersAnswers("users"),
            ]
        },
        {
            "consensus",
            [
                "publish:holdfast.peer-down", "publish:holdfast.grain-promoted", "publish:holdfast.slot-placed",
                "publish:holdfast.cmd.define-group", "delete-exchange:holdfast.grain-promoted",
                "delete-exchange:holdfast.peer-fenced", "declare-queue:users.mine", "inject:holdfast.cmd.define-group",
                "publish:holdfast.answers.users.theirs", .. OthersAnswers("users"),
            ]
        },
        {
            "failover",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.leader-elected", "publish:holdfast.cmd.start-slot",
                "publish:holdfast.cmd.request-handoff", "consume:holdfast.cmd.define-group",
                "delete-exchange:holdfast.peer-fenced", "delete-exchange:holdfast.grain-promoted",
                "inject:holdfast.cmd.define-group", "publish:holdfast.answers.users.theirs", .. OthersAnswers("users"),
            ]
        },
        {
            "recovery",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted", "publish:holdfast.failover-started",
                "publish:holdfast.cmd.request-handoff", "consume:holdfast.cmd.pause-failover",
                "delete-exchange:holdfast.peer-fenced", "delete-exchange:holdfast.cmd.start-slot",
                "declare-exchange:holdfast.cmd.start-slot", "delete-queue:accounts.cmd.start-slot",
                "inject:holdfast.cmd.pause-failover", .. OthersAnswers("users"),
            ]
        },
        {
            "handoff",
            [
                "publish:holdfast.peer-fenced", "publish:holdfast.grain-promoted", "publish:holdfast.slot-recovered",
                "publish:holdfast.cmd.start-slot", "publish:holdfast.cmd.define-group",
                "consume:holdfast.cmd.pause-failover", "delete-exchange:holdfast.peer-fenced",
                "delete-exchange:holdfast.cmd.request-handoff", "inject:holdfast.cmd.define-group",
                "publish:holdfast.answers.recovery.theirs", .. OthersAnswers("users"),
            ]
        },
    };

    /// <summary>Each role with what it must be able to do.</summary>
    public static TheoryData<string, string[]> Granted => new()
    {
        {
            "users",
            [
                "declare-queue:billing.grain-promoted", "overhear:holdfast.grain-promoted",
                "overhear:holdfast.cmd.start-slot", "overhear:holdfast.cmd.offer-transfer",
                "publish:holdfast.cmd.request-handoff", "publish:holdfast.cmd.scale-group",
                "declare-queue:holdfast.answers.users.mine",
                "consume:holdfast.answers.users.mine", "delete-queue:holdfast.answers.users.mine",
                "delete-queue:billing.grain-promoted",
            ]
        },
        {
            "gossip",
            [
                "publish:holdfast.peer-up", "publish:holdfast.peer-down", "publish:holdfast.peer-suspected",
                "publish:holdfast.peer-left", "publish:holdfast.link-degraded", "publish:holdfast.workload-down",
            ]
        },
        {
            "consensus",
            [
                "publish:holdfast.consensus-alert", "publish:holdfast.directory-memory-lost",
                "publish:holdfast.leader-elected", "publish:holdfast.leader-lost", "publish:holdfast.peer-fenced",
            ]
        },
        {
            "failover",
            [
                "publish:holdfast.failover-started", "publish:holdfast.grain-promoted",
                "publish:holdfast.slot-recovered",
                "declare-queue:holdfast.failover.mine", "delete-queue:holdfast.failover.mine",
            ]
        },
        { "recovery", ["publish:holdfast.cmd.start-slot", "publish:holdfast.cmd.stop-slot"] },
        { "handoff", ["publish:holdfast.handoff-committed", "overhear:holdfast.cmd.request-handoff"] },
        { "operator", ["publish:holdfast.cmd.pause-failover", "publish:holdfast.cmd.cordon-node"] },
    };

    private static string[] OthersAnswers(string owner) =>
    [
        $"declare-queue:holdfast.answers.{owner}.theirs", $"consume:holdfast.answers.{owner}.theirs",
        $"purge:holdfast.answers.{owner}.theirs", $"delete-queue:holdfast.answers.{owner}.theirs",
        $"overhear:holdfast.answers.{owner}.theirs",
    ];

    /// <summary>Demands the refusal that RabbitMQ gives to a user without the right, and no other one.</summary>
    public static void ShouldBeRefusalOf(this string outcome, string role, string attempt)
    {
        outcome.ShouldStartWith("403 ACCESS_REFUSED - ", Case.Sensitive, $"{role}: {attempt}");
        outcome.ShouldEndWith($" refused for user '{role}'", Case.Sensitive, $"{role}: {attempt}");
    }
}
