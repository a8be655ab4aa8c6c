using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>What a host says it has: everything, so that what is not in it does not run there.</summary>
public sealed record HostReport
{
    public required NodeId Node { get; init; }

    /// <summary>The host's session, which names the node and was opened to host slots.</summary>
    public required SessionId Session { get; init; }

    /// <summary>Rises with every report of the session.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>The generation of the node that the session was opened under.</summary>
    public required Generation Generation { get; init; }

    /// <summary>How many slots it takes at once.</summary>
    public required int Capacity { get; init; }

    public required ImmutableDictionary<SlotId, HostedSlot> Slots { get; init; }
}

/// <summary>A slot at its host.</summary>
/// <param name="Epoch">The epoch under which it was started.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Detail">What happened, in words.</param>
public sealed record HostedSlot(Epoch Epoch, HostedStage Stage, string? Detail = null)
{
    /// <summary>It runs, or may yet.</summary>
    public bool IsActive => Stage is HostedStage.Starting or HostedStage.Running or HostedStage.Stopping;

    /// <summary>Whether it is further than another word about the same epoch; what has ended stays so.</summary>
    public bool IsAfter(HostedSlot other) => other.IsActive && Stage > other.Stage;
}

/// <summary>How far a slot is at its host; under one epoch it only goes down this list.</summary>
public enum HostedStage
{
    Starting,
    Running,
    Stopping,
    Stopped,
    Failed,
}

/// <summary>What a host shall do with one slot.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Kind">The kind of its group.</param>
/// <param name="Epoch">To start: its epoch. To stop: the highest epoch that shall stop.</param>
/// <param name="IsStart">Start it, or stop it.</param>
/// <param name="TraceParent">The trace of what caused it; null where there is none.</param>
public sealed record SlotOrder(SlotId Slot, string Kind, Epoch Epoch, bool IsStart, string? TraceParent = null);

/// <summary>An order that a host will get with its next report, told it at once so that it reports now.</summary>
public sealed record HostNudge(NodeId Node, SlotOrder Order);
