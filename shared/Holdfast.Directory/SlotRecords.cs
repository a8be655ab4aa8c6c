using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>
/// Where a slot is in its life. Under one epoch it only goes down this list; back to health leads a new epoch. Each
/// step is announced: <c>SlotPlaced</c>, <c>SlotRecovered</c> (running), <c>SlotUnrecoverable</c>, and
/// <c>SlotUnhealthy</c> for all others, since nothing is routed to them.
/// </summary>
public enum SlotState
{
    /// <summary>Given to a node, whose host has not confirmed yet.</summary>
    Placed,

    /// <summary>The host confirmed that it runs.</summary>
    Running,

    /// <summary>The host is asked to stop it; it may still run.</summary>
    Stopping,

    /// <summary>Wants another place. It may still run where <see cref="SlotRecord.Node"/> says.</summary>
    Unhealthy,

    /// <summary>Unhealthy for so long that people should look; it is still tried.</summary>
    Unrecoverable,

    /// <summary>Runs nowhere and is not wanted; the record stays, so that its epochs go on from here.</summary>
    Stopped,
}

/// <summary>
/// The record of a slot. Two rules keep a slot from running twice under one epoch, or in two places: under one epoch
/// the state only goes on and the node can only be cleared; and another node can have it only under a new epoch, after
/// the node was cleared, because it was fenced or its host said that the slot stopped.
/// </summary>
/// <param name="Slot">The index in its group.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Node">Who may run it; null once nobody can. Placed, running and stopping slots have one, stopped
/// slots none.</param>
/// <param name="Epoch">The version of the placement, under the token of the recovery election that made it.</param>
/// <param name="Previous">Where it ran before it was lost, for people and events.</param>
/// <param name="Attempt">How often a placement was tried for this loss.</param>
public sealed record SlotRecord(
    int Slot, SlotState State, NodeId? Node, Epoch Epoch, NodeId? Previous = null, int Attempt = 0);

/// <summary>One slot to write.</summary>
/// <param name="New">
/// The record it becomes. Its epoch is the expected one, or a higher one under the caller's token.
/// </param>
/// <param name="Expected">The epoch that its record has; null: no record.</param>
/// <param name="Reason">Why, for subscribers; at most 256 characters, no control characters.</param>
public sealed record SlotWrite(SlotRecord New, Epoch? Expected, string Reason);

/// <summary>Slots to write in one step.</summary>
/// <param name="Group">Their group.</param>
/// <param name="Kind"><c>replica</c>, <c>fork</c> or <c>standby</c>; a word for subscribers.</param>
/// <param name="Election"><c>recovery/&lt;cluster&gt;</c>, where the cluster owns the group's grain.</param>
/// <param name="Token">Its token, installed on the shard of the group's grain before.</param>
/// <param name="Slots">1 to <see cref="DirectoryLimits.SlotsPerCallMax"/>, each index once.</param>
public sealed record PutSlotsCall(
    GroupId Group, string Kind, ElectionName Election, Token Token, IReadOnlyList<SlotWrite> Slots);

/// <summary>What became of one slot of a call.</summary>
/// <param name="Slot">The index.</param>
/// <param name="Status">
/// <see cref="DirectoryStatus.Ok"/> where this slot did not stand in the way; the call as a whole says whether it was
/// written.
/// </param>
/// <param name="Record">The record as it is now; null where there is none, or none that can be read.</param>
public sealed record SlotAnswer(int Slot, DirectoryStatus Status, SlotRecord? Record);

/// <summary>The answer of a write of slots.</summary>
/// <param name="Status">
/// Of the call as a whole: <see cref="DirectoryStatus.Ok"/>, or why nothing was written.
/// </param>
/// <param name="Slots">Each slot in the order asked; empty where the call was refused before any was looked at.</param>
/// <param name="Bound">With <see cref="DirectoryStatus.GrantSuperseded"/> the installed token, with
/// <see cref="DirectoryStatus.TokenTooLow"/> the token to exceed, else the floor.</param>
/// <param name="Version">The memory of the shard.</param>
public sealed record PutSlotsAnswer(
    DirectoryStatus Status, IReadOnlyList<SlotAnswer> Slots, Token Bound, ShardVersion Version);

/// <summary>Some slots of a group.</summary>
/// <param name="Status">What it came to.</param>
/// <param name="Records">Ascending, without those that cannot be read.</param>
/// <param name="Next">Where to go on; null after the last.</param>
/// <param name="Version">The memory of the shard.</param>
public sealed record SlotPage(
    DirectoryStatus Status, IReadOnlyList<SlotRecord> Records, int? Next, ShardVersion Version)
{
    /// <summary>
    /// Indexes, ascending, of records that are there and cannot be read: written by hand, or by a newer program.
    /// Whoever writes such a slot is refused with <see cref="DirectoryStatus.WrongFormat"/>.
    /// </summary>
    public IReadOnlyList<int> Unreadable { get; init; } = [];
}

/// <summary>Reading whole groups.</summary>
public static class GroupSlots
{
    /// <summary>
    /// All slots of a group, ascending, read page by page; the status is the first that is not
    /// <see cref="DirectoryStatus.Ok"/>, and then there are no records.
    /// </summary>
    public static async Task<SlotPage> AllSlotsAsync(
        this IGrainDirectory directory, GroupId group, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var (records, unreadable) = (new List<SlotRecord>(), new List<int>());
        for (var first = 0; ;)
        {
            var page = await directory.SlotsAsync(group, first, cancel);
            if (page.Status != DirectoryStatus.Ok) return page with { Records = [], Next = null, Unreadable = [] };
            records.AddRange(page.Records);
            unreadable.AddRange(page.Unreadable);
            if (page.Next is not { } next) return page with { Records = records, Unreadable = unreadable };
            first = next;
        }
    }
}
