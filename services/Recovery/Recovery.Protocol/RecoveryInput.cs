using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>Everything that can happen to a <see cref="RecoveryMachine"/>.</summary>
public abstract record RecoveryInput
{
    private RecoveryInput()
    {
    }

    /// <summary>Time has passed; sent at <see cref="RecoveryOutput.WakeAt"/>, harmless at any other time.</summary>
    public sealed record Tick : RecoveryInput;

    /// <summary>An event suggests that the world has changed: look now rather than at the next check.</summary>
    public sealed record Hint : RecoveryInput;

    /// <summary>An event suggests that these groups have another home: read them now.</summary>
    public sealed record GroupsMoved(ImmutableArray<GroupId> Groups) : RecoveryInput;

    /// <summary>The snapshot that <see cref="RecoveryOutput.Observe"/> asked for.</summary>
    public sealed record Observed(Observation World) : RecoveryInput;

    /// <summary>The snapshot could not be had.</summary>
    public sealed record ObserveFailed : RecoveryInput;

    /// <summary>The own session holds the own election.</summary>
    public sealed record GrantHeld(Token Token) : RecoveryInput;

    /// <summary>The session or the election is lost, or its lease can not be relied on any more.</summary>
    public sealed record GrantLost : RecoveryInput;

    /// <summary>What <see cref="RecoveryOutput.AdvanceElection"/> asked for.</summary>
    public sealed record Advanced(Token Token) : RecoveryInput;

    /// <summary>The election could not be advanced; whether it was is unknown.</summary>
    public sealed record AdvanceFailed : RecoveryInput;

    /// <summary>A call about a group has ended.</summary>
    public sealed record CallEnded(GroupCall Call, GroupResult Result) : RecoveryInput;

    /// <summary>A host has told what it has; the orders for it are in the output.</summary>
    public sealed record Reported(HostReport Report) : RecoveryInput;

    /// <summary>A host has told of one slot, between two reports.</summary>
    public sealed record Confirmed(NodeId Node, SlotId Slot, HostedSlot Hosted) : RecoveryInput;
}

/// <summary>What a call about a group came to.</summary>
public abstract record GroupResult
{
    private GroupResult()
    {
    }

    /// <summary>
    /// The own cluster is the group's home, the grant is installed, and these were its slots after that.
    /// </summary>
    /// <param name="Slots">Those with a record that can be read.</param>
    /// <param name="Unreadable">The indexes of those whose record cannot be read; they are left alone.</param>
    public sealed record Opened(ImmutableArray<Slot> Slots, ImmutableArray<int> Unreadable) : GroupResult;

    /// <summary>Another cluster is its home, or nobody is yet.</summary>
    public sealed record Elsewhere(ClusterId? Home) : GroupResult;

    /// <summary>The slots are as they were to be.</summary>
    public sealed record Written : GroupResult;

    /// <summary>Something else was written meanwhile; nothing was changed by this.</summary>
    public sealed record Raced : GroupResult;

    /// <summary>
    /// The shard knows another grant, a floor, or a slot under a higher token than the call's; nothing was changed.
    /// </summary>
    public sealed record Refused(Token Bound) : GroupResult;

    /// <summary>Nothing was heard, or something worth a later retry; the call may have been carried out.</summary>
    public sealed record Failed(string Why) : GroupResult;
}
