using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>What a writer of slots may ask, checked before anything is sent.</summary>
internal static class SlotArguments
{
    /// <summary>The most attempts that a record counts to.</summary>
    public const int AttemptMax = 1_000_000_000;

    private const int KindLengthMax = 32;

    public static void DemandPut(PutSlotsCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        DirectoryArguments.DemandGroup(call.Group);
        DirectoryArguments.DemandToken(call.Token);
        if (call.Election.Kind != DirectoryArguments.RecoveryKind || !ClusterId.IsLegal(call.Election.Scope))
        {
            throw new ArgumentException(
                $"'{call.Election}' places no slots: recovery/<cluster> is wanted.", nameof(call));
        }

        if (call.Kind is not { Length: > 0 and <= KindLengthMax } || !call.Kind.All(char.IsAsciiLetterOrDigit))
        {
            throw new ArgumentException(
                $"'{call.Kind}' is not a kind of group: 1 to {KindLengthMax} letters and digits are wanted.",
                nameof(call));
        }

        ArgumentNullException.ThrowIfNull(call.Slots, nameof(call));
        if (call.Slots.Count is 0 or > DirectoryLimits.SlotsPerCallMax)
        {
            throw new ArgumentException(
                $"{call.Slots.Count} slots were given, a call takes 1 to {DirectoryLimits.SlotsPerCallMax}.",
                nameof(call));
        }

        foreach (var write in call.Slots) DemandWrite(write, call.Token);
        if (call.Slots.DistinctBy(write => write.New.Slot).Count() != call.Slots.Count)
            throw new ArgumentException("A slot is written twice in one call.", nameof(call));
    }

    private static void DemandWrite(SlotWrite write, Token token)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(write.New, nameof(write));
        var record = write.New;
        DirectoryArguments.DemandSlot(record.Slot);
        DirectoryArguments.DemandReason(write.Reason, nameof(write));
        if (record.Epoch != write.Expected && (record.Epoch.Token != token || record.Epoch.Counter == 0))
        {
            throw new ArgumentException(
                $"Slot {record.Slot}: epoch {record.Epoch} is neither the expected one ({write.Expected}) nor one " +
                $"of the caller's token ({token}).",
                nameof(write));
        }

        if (record.Attempt is < 0 or > AttemptMax)
        {
            throw new ArgumentException(
                $"Slot {record.Slot}: {record.Attempt} attempts; 0 to {AttemptMax} are wanted.", nameof(write));
        }

        if (record.Node is { Value.Length: 0 } || record.Previous is { Value.Length: 0 })
            throw new ArgumentException($"Slot {record.Slot}: an empty node id names nothing.", nameof(write));
        if (!HasNodeOf(record))
        {
            throw new ArgumentException(
                $"Slot {record.Slot}: placed, running and stopping slots have a node, stopped slots have none.",
                nameof(write));
        }
    }

    private static bool HasNodeOf(SlotRecord record) => record.State switch
    {
        SlotState.Placed or SlotState.Running or SlotState.Stopping => record.Node is not null,
        SlotState.Unhealthy or SlotState.Unrecoverable => true,
        SlotState.Stopped => record.Node is null,
        _ => throw new ArgumentException($"'{record.State}' is not a state of a slot.", nameof(record)),
    };
}
