using Holdfast.Directory;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Directory;

/// <summary>Between the directory's records of slots and the machine's.</summary>
internal static class SlotText
{
    public static Slot Read(SlotRecord record) => new(
        record.Slot, StateOf(record.State), record.Node, record.Epoch, record.Previous, record.Attempt);

    public static Holdfast.Directory.SlotWrite Write(Protocol.SlotWrite write)
    {
        var slot = write.New;
        var record = new SlotRecord(
            slot.Index, StateOf(slot.State), slot.Node, slot.Epoch, slot.Previous, slot.Attempt);
        return new Holdfast.Directory.SlotWrite(record, write.Expected, write.Reason);
    }

    private static Protocol.SlotState StateOf(Holdfast.Directory.SlotState state) => state switch
    {
        Holdfast.Directory.SlotState.Placed => Protocol.SlotState.Placed,
        Holdfast.Directory.SlotState.Running => Protocol.SlotState.Running,
        Holdfast.Directory.SlotState.Stopping => Protocol.SlotState.Stopping,
        Holdfast.Directory.SlotState.Unhealthy => Protocol.SlotState.Unhealthy,
        Holdfast.Directory.SlotState.Unrecoverable => Protocol.SlotState.Unrecoverable,
        Holdfast.Directory.SlotState.Stopped => Protocol.SlotState.Stopped,
        _ => throw new InvariantViolatedException(state.ToString()),
    };

    private static Holdfast.Directory.SlotState StateOf(Protocol.SlotState state) => state switch
    {
        Protocol.SlotState.Placed => Holdfast.Directory.SlotState.Placed,
        Protocol.SlotState.Running => Holdfast.Directory.SlotState.Running,
        Protocol.SlotState.Stopping => Holdfast.Directory.SlotState.Stopping,
        Protocol.SlotState.Unhealthy => Holdfast.Directory.SlotState.Unhealthy,
        Protocol.SlotState.Unrecoverable => Holdfast.Directory.SlotState.Unrecoverable,
        Protocol.SlotState.Stopped => Holdfast.Directory.SlotState.Stopped,
        _ => throw new InvariantViolatedException(state.ToString()),
    };
}
