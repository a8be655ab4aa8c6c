using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// How a <see cref="RecoveryMachine"/> stands: an immutable snapshot whose version grows with every step.
/// </summary>
public sealed record RecoveryView
{
    public required ulong Version { get; init; }

    public required ClusterId Cluster { get; init; }

    /// <summary>Whether the own election is held.</summary>
    public required bool IsHeld { get; init; }

    /// <summary>It is held, and Consensus was observed since.</summary>
    public required bool IsActing { get; init; }

    public required Token Token { get; init; }

    /// <summary>How far the newest observation reaches; null before the first.</summary>
    public Token? Horizon { get; init; }

    /// <summary>Reports that were not believed: they came late, or their session hosts nothing on the node.</summary>
    public required long LateReports { get; init; }

    /// <summary>Calls refused because the shard knew a newer grant or floor.</summary>
    public required long RefusedCalls { get; init; }

    public required ImmutableArray<GroupView> Groups { get; init; }

    public required ImmutableArray<HostView> Hosts { get; init; }
}

/// <summary>How a group stands.</summary>
/// <param name="Group">The group.</param>
/// <param name="Definition">As it was defined.</param>
/// <param name="Home">Where it lives, as far as that is known here.</param>
/// <param name="IsOpen">Whether its slots are placed from here.</param>
/// <param name="Trouble">Why the last call about it failed.</param>
/// <param name="Slots">Its slots, where it is open.</param>
public sealed record GroupView(
    GroupId Group,
    GroupDefinition Definition,
    ClusterId? Home,
    bool IsOpen,
    string? Trouble,
    ImmutableArray<SlotView> Slots);

/// <summary>How a slot stands.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Record">Its record; null before it was ever placed.</param>
/// <param name="IsWanted">Whether the group is as large.</param>
/// <param name="Reason">Why it was lost last.</param>
/// <param name="DownFor">How long it has not run; null while it does.</param>
/// <param name="Misses">How often no place was found for it.</param>
/// <param name="IsUnreadable">Its record was written by hand, or by a newer program; it is left alone.</param>
public sealed record SlotView(
    int Index, Slot? Record, bool IsWanted, string? Reason, TimeSpan? DownFor, int Misses, bool IsUnreadable)
{
    /// <summary>It should run, and does not.</summary>
    public bool IsStuck => IsWanted && Record is not { State: SlotState.Running };
}

/// <summary>How a host stands.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Capacity">How many slots it takes.</param>
/// <param name="Active">How many it has.</param>
/// <param name="SilentFor">When it was last heard of.</param>
/// <param name="IsCandidate">Whether slots may be placed on it now.</param>
public sealed record HostView(NodeId Node, int Capacity, int Active, TimeSpan SilentFor, bool IsCandidate);

/// <summary>Where a slot would go if a round of placing were held now, without the limits of a round.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Node">The node; null: nowhere.</param>
/// <param name="NotBefore">How long it still has to wait.</param>
public sealed record PlannedPlacement(SlotId Slot, NodeId? Node, TimeSpan NotBefore);
