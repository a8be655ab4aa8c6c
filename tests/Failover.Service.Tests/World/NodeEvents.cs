using Holdfast.Contracts;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>What is told of node <c>e1</c> of <c>east</c>, and of the elections, when it dies.</summary>
internal static class NodeEvents
{
    /// <summary>An event of each kind that Failover listens to, as of now.</summary>
    public static IEvent Of(string kind) => kind switch
    {
        nameof(PeerUp) => Up(DateTime.UtcNow),
        nameof(PeerDown) => Down(DateTime.UtcNow),
        nameof(PeerLeft) => Left(DateTime.UtcNow),
        nameof(PeerFenced) => Fenced(DateTime.UtcNow),
        nameof(WorkloadDown) => Death("e1", 1, DateTime.UtcNow),
        nameof(LeaderElected) => Elected(DateTime.UtcNow),
        nameof(LeaderLost) => Lost(DateTime.UtcNow),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Failover does not listen to it."),
    };

    public static PeerDown Down(DateTime at) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = "gossip/w1",
        Subject = "node/e1",
        Sequence = EventIdentity.Sequence(1, 1),
        NodeId = "e1",
        ClusterId = "east",
        Generation = 1,
        Verdict = 1,
        Phi = 9,
        Observers = [],
        ObserversWanted = 1,
        Reason = "silence",
        CutId = "cut",
    };

    public static PeerFenced Fenced(DateTime at, string token = "0001000000000080") => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = "consensus/v1",
        Subject = "node/e1",
        Sequence = EventIdentity.Sequence(1, 2),
        NodeId = "e1",
        ClusterId = "east",
        Generation = 1,
        Token = token,
        Cause = "silence",
        Observers = [],
        RevokedSessions = 0,
        LiveClusters = ["west"],
    };

    /// <summary>What its agent says of a dead process of a node.</summary>
    public static WorkloadDown Death(string node, ulong generation, DateTime at) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = $"gossip/{node}",
        Subject = $"workload/{node}/orders",
        Sequence = EventIdentity.Sequence(generation, 1),
        NodeId = node,
        ClusterId = "east",
        Generation = generation,
        Workload = "orders",
        Pid = 4242,
        ExitedAt = at,
    };

    private static PeerUp Up(DateTime at) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = "gossip/w1",
        Subject = "node/e1",
        Sequence = EventIdentity.Sequence(1, 1),
        NodeId = "e1",
        ClusterId = "east",
        Generation = 1,
        Verdict = 1,
        Reason = "joined",
    };

    private static PeerLeft Left(DateTime at) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = "gossip/w1",
        Subject = "node/e1",
        Sequence = EventIdentity.Sequence(1, 1),
        NodeId = "e1",
        ClusterId = "east",
        Generation = 1,
        Verdict = 1,
        Reason = "shutdown",
    };

    private static LeaderElected Elected(DateTime at) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = "consensus/v1",
        Subject = "election/failover/east",
        Sequence = EventIdentity.Sequence(1, 1),
        Election = "failover/east",
        Holder = "0001000000000001",
        Term = 1,
        Token = "0001000000000080",
        Cause = "campaign",
    };

    private static LeaderLost Lost(DateTime at) => new()
    {
        EventId = Guid.NewGuid(),
        OccurredAt = at,
        Source = "consensus/v1",
        Subject = "election/failover/east",
        Sequence = EventIdentity.Sequence(1, 2),
        Election = "failover/east",
        Holder = "0001000000000001",
        Term = 1,
        Token = "0001000000000080",
        Cause = "expired",
    };
}
