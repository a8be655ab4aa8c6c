using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>Where a slot is in its life; under one epoch it only goes down this list.</summary>
public enum SlotState
{
    /// <summary>Given to a node, whose host has not confirmed yet.</summary>
    Placed,

    /// <summary>The host confirmed that it runs.</summary>
    Running,

    /// <summary>The host is asked to stop it; it may still run.</summary>
    Stopping,

    /// <summary>Wants another place. It may still run where <see cref="Slot.Node"/> says.</summary>
    Unhealthy,

    /// <summary>Unhealthy for so long that people should look; it is still tried.</summary>
    Unrecoverable,

    /// <summary>Runs nowhere and is not wanted.</summary>
    Stopped,
}

/// <summary>The record of a slot in the directory.</summary>
/// <param name="Index">The index in its group.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Node">
/// Who may run it; null once nobody can. It is cleared only when the node was fenced or its host is known not to run
/// the slot, and only a slot without one is placed: so no copy is built beside another.
/// </param>
/// <param name="Epoch">The version of the placement.</param>
/// <param name="Previous">Where it ran before it was lost, for people and events.</param>
/// <param name="Attempt">How often a placement was tried for this loss.</param>
public sealed record Slot(
    int Index, SlotState State, NodeId? Node, Epoch Epoch, NodeId? Previous = null, int Attempt = 0)
{
    /// <summary>Lost or never wanted so far: it is placed when it is wanted and nobody may run it any more.</summary>
    public bool IsDown => State is SlotState.Unhealthy or SlotState.Unrecoverable or SlotState.Stopped;
}

/// <summary>One slot to write.</summary>
/// <param name="New">What it becomes.</param>
/// <param name="Expected">The epoch that its record has; null: no record.</param>
/// <param name="Reason">Why, for subscribers.</param>
/// <param name="DownFor">Of one that runs again: how long it did not.</param>
public sealed record SlotWrite(Slot New, Epoch? Expected, string Reason, TimeSpan? DownFor = null);
