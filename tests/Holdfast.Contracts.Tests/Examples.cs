using System.Reflection;

namespace Holdfast.Contracts.Tests;

/// <summary>One example of every message: one incident, told by all that is announced of it.</summary>
internal static class Examples
{
    private const ulong Token = 0x2a;
    private const ulong Generation = 1_767_323_040_000;

    private static readonly DateTime Time = new(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);
    // Of a field that not every message of a type has.
    private static readonly object Absent = new();
    private static readonly Guid Command = new("7e9f5f1a-1c9f-4c1a-9a66-2f2f6f5b7d11");

    /// <summary>Every event and command of the contracts, and the answers, by name.</summary>
    public static IReadOnlyList<Type> Messages { get; } =
    [
        .. typeof(IEvent).Assembly.GetExportedTypes()
            .Where(type => type.IsClass && (Is<IEvent>(type) || Is<ICommand>(type) || Is<ICommandAnswer>(type)))
            .OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    public static bool Is<T>(Type type) => typeof(T).IsAssignableFrom(type);

    public static object Of(Type type)
    {
        var example = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties())
            if (ValueOf(type, property) is var value && value != Absent) property.SetValue(example, value);
        return example;
    }

    // A property without a value here is new: give it a telling one.
    private static object ValueOf(Type type, PropertyInfo property) =>
        Identity(type, property.Name) ?? OfEvent(type, property.Name) ?? Name(property.Name) ?? Word(property.Name)
        ?? Number(property.Name) ?? List(property.Name)
        ?? throw new InvalidOperationException($"{type.Name}.{property.Name} has no example.");

    private static object? Identity(Type type, string name) => name switch
    {
        "EventId" => EventIdentity.IdOf(type.Name, SubjectOf(type), SequenceOf(type)),
        "Subject" => SubjectOf(type),
        "Sequence" => SequenceOf(type),
        "Source" => SourceOf(type),
        _ => null,
    };

    private static string SubjectOf(Type type) => type.Name switch
    {
        "LinkDegraded" => "link/east-1/west-1",
        "WorkloadDown" => "workload/east-1/orders",
        "LeaderElected" or "LeaderLost" => "election/failover/west",
        "ConsensusAlert" => "consensus/voter-1",
        "DirectoryMemoryLost" => "shard/07",
        _ when type.Name.StartsWith("Peer", StringComparison.Ordinal) => "peer/east/east-1",
        _ when type.Name.StartsWith("Failover", StringComparison.Ordinal) => "failover/west/east",
        _ when type.Name.StartsWith("Grain", StringComparison.Ordinal) => "shard/07",
        _ when type.Name.StartsWith("Slot", StringComparison.Ordinal) => "slot/orders/2",
        _ when type.Name.StartsWith("Handoff", StringComparison.Ordinal) => "handoff/west-1/orders",
        _ => throw new InvalidOperationException($"{type.Name} has no subject."),
    };

    private static string SourceOf(Type type) => type.Name switch
    {
        "PeerFenced" or "LeaderElected" or "LeaderLost" or "ConsensusAlert" or "DirectoryMemoryLost" =>
            "consensus/voter-1",
        _ when type.Name.StartsWith("Grain", StringComparison.Ordinal) => "directory/07",
        _ when type.Name.StartsWith("Failover", StringComparison.Ordinal) => "failover/west",
        _ when type.Name.StartsWith("Slot", StringComparison.Ordinal) => "recovery/west",
        _ when type.Name.StartsWith("Handoff", StringComparison.Ordinal) => "handoff/west-1",
        _ => "gossip/west-1",
    };

    private static string SequenceOf(Type type) => SourceOf(type).StartsWith("gossip", StringComparison.Ordinal)
        ? EventIdentity.Sequence(Generation, 3)
        : EventIdentity.Sequence(Token, 7);

    // Where one name means different things.
    private static object? OfEvent(Type type, string name) => (type.Name, name) switch
    {
        ("FailoverCancelled", "Reason") => "peerAlive",
        ("FailoverCancelled", "Stranded") => 400L,
        ("FailoverCancelled", "Promoted") => 600L,
        ("FailoverRefused", "Reason") => "unsafeVoterLayout",
        ("FailoverRefused", "Detail") =>
            "Domain site-a has 2 of 3 voters; three domains are wanted, none with a majority.",
        ("FailoverForced", "Operator") => "ann",
        ("FailoverForced", "Reason") => "The site burns; legal agreed on the phone.",
        ("FailoverForced", "OrderToken") => "0000000000000029",
        ("FailoverStarted", "Phase") => "promoting",
        ("FailoverCompleted", "Phase") => "promoted",
        ("FailoverCancelled", "Phase") => "monitoring",
        ("FailoverRefused", "Phase") => "primaryUnreachable",
        ("PeerUp", "Reason") => "restarted",
        ("PeerLeft", "Reason") => "maintenance",
        ("PeerDown", "Reason") => "majority",
        ("PeerFenced", "Cause") => "silence",
        ("LeaderElected", "Cause") => "campaign",
        ("LeaderLost", "Cause") => "revoked",
        ("ConsensusAlert", "Kind") => "nodeFailed",
        ("ConsensusAlert", "AboutNodeId") => "voter-3",
        ("ConsensusAlert", "PreviousLeader" or "Voters" or "Reachable" or "LagEntries") => Absent,
        ("ConsensusAlert", "Standing") => (string[])["nodeFailed voter-3"],
        ("ConsensusAlert", "Evidence") => "voter-3 has not answered for 2.1 s.",
        ("ConsensusAlert", "NodeId") => "voter-1",
        ("DirectoryMemoryLost", "Evidence") => "seq",
        ("GrainPromoted", "Cause") => "promote",
        ("GrainClaimed", "Cause") => "claim",
        ("GrainReleased", "Cause") => "release",
        ("GrainTransferred" or "GrainDemoted", "Cause") => "transfer",
        ("HandoffAborted", "Reason") => "readyTimedOut",
        ("HandoffStarted", "Step") => "prepare",
        ("HandoffCommitted", "Step") => "commit",
        ("HandoffAborted", "Step") => "ready",
        ("CommandAccepted", "Detail") => "The failover away from east is paused.",
        ("CommandRefused", "Detail") => "The JSON has no field 'nodeId'.",
        ("ConfirmSlot", "Detail") => "Restored from its snapshot.",
        _ => null,
    };

    private static string? Name(string name) => name switch
    {
        "NodeId" or "FromNodeId" or "OldNode" => "east-1",
        "ToNodeId" or "NewNode" or "Observer" => "west-1",
        "ClusterId" or "FailedCluster" or "FromCluster" => "east",
        "ByCluster" or "ToCluster" => "west",
        "Election" => "failover/west",
        "Holder" => "0000000000000021",
        "PreviousHolder" => "000000000000001c",
        "PreviousToken" => "000000000000001e",
        "Token" or "Floor" => "000000000000002a",
        "Epoch" => New,
        "GrainType" => "order",
        "Workload" or "Daemon" or "Group" => "orders",
        _ => null,
    };

    private static string? Word(string name) => name switch
    {
        "CutId" => "cut-000000000000002a",
        "Direction" => "inbound",
        "Kind" => "replica",
        "State" => "started",
        "HandoffId" => "0b1f4c52-7a0e-4a53-8a5c-0a55ac1f3c3e",
        "Build" or "SuccessorBuild" => "1.4.0",
        "IncumbentBuild" => "1.3.2",
        "Reason" => "nodeFenced",
        "Code" => "malformedCommand",
        "Legal" => "A JSON object with the fields commandId (a UUID), nodeId (text).",
        _ => null,
    };

    private static object? Number(string name) => name switch
    {
        "CommandId" => Command,
        "OccurredAt" or "ExitedAt" or "PlannedEndAt" => Time,
        "Generation" => Generation,
        "Verdict" or "Term" => 3UL,
        "Phi" => 9.25,
        "PhiThreshold" => 8.0,
        "SilentForMs" => 1_840L,
        "KeptAliveAgoMs" => 212L,
        "GraceMs" => 30_000L,
        "DurationMs" => 31_250L,
        "PauseMs" => 38L,
        "Promoted" => 1_000L,
        "Lost" or "Failed" or "Stranded" => 0L,
        "RevokedSessions" => 4,
        "GrainsMax" => 500,
        "Shard" => 7,
        "Pid" or "IncumbentPid" => 4_242,
        "SuccessorPid" => 4_343,
        "ExitCode" => 137,
        "Slot" or "Slots" or "PerNodeMax" or "ObserversWanted" or "Sweeps" => 2,
        "Attempt" => 1,
        _ => null,
    };

    private static object? List(string name) => name switch
    {
        "Observers" => (ObserverEvidence[])[Evidence("west-1", 9.25, 1_840), Evidence("west-2", 8.5, 1_760)],
        "LiveClusters" => (string[])["north", "west"],
        "FencedNodes" => (string[])["east-1", "east-2"],
        "Grains" => (GrainChange[])
            [
                new() { Type = "order", Key = "4711", OldEpoch = EventIdentity.Sequence(0x1c, 1), NewEpoch = New },
                new() { Type = "order", Key = "4712", NewEpoch = New },
            ],
        _ => null,
    };

    private static string New => EventIdentity.Sequence(Token, 1);

    private static ObserverEvidence Evidence(string node, double phi, long silentForMs) =>
        new() { NodeId = node, ClusterId = "west", Phi = phi, SilentForMs = silentForMs };
}
