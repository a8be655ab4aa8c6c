using Holdfast.Contracts;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>What is told of node <c>e1</c> of <c>east</c> when it dies.</summary>
internal static class NodeEvents
{
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
}
