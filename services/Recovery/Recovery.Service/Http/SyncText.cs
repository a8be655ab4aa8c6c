using System.Collections.Immutable;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Http;

/// <summary>
/// Between the words of hosts and the machine's; what is wrong with them is said, with what is legal.
/// </summary>
internal static class SyncText
{
    private const int DetailLengthMax = 256;

    // Everything it may run, and as much again that ended or is being replaced.
    private const int SlotsMax = 2 * SlotHostSync.CapacityMax;

    /// <summary>Null when nothing is wrong.</summary>
    public static string? Problem(string node, SlotHostSync sync, ClusterId own)
    {
        if (!NodeId.IsLegal(node))
            return $"'{node}' is not a node id: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.";
        if (sync.Cluster != own.Value)
            return $"The host is of cluster '{sync.Cluster}'; the hosts of '{own}' report here.";
        if (!SessionId.TryParse(sync.Session, out _))
            return $"'{sync.Session}' is not a session: 16 hex digits are wanted.";
        if (sync.Capacity is < 0 or > SlotHostSync.CapacityMax)
            return $"The capacity is {sync.Capacity}; 0 to {SlotHostSync.CapacityMax} is wanted.";
        if (sync.Running is null || sync.Running.Count > SlotsMax)
            return $"{sync.Running?.Count} slots are listed; a list of at most {SlotsMax} is wanted.";
        if (sync.Running.Select(Problem).FirstOrDefault(problem => problem is not null) is { } wrong) return wrong;
        return sync.Running.DistinctBy(slot => (slot.Group, slot.Slot)).Count() < sync.Running.Count
            ? "A slot is listed twice."
            : null;
    }

    public static string? Problem(ConfirmSlot command) =>
        !NodeId.IsLegal(command.NodeId) ? $"'{command.NodeId}' is not a node id."
        : StageOf(command.State) is null ? $"'{command.State}' is not a state."
        : ProblemOf(command.Group, command.Slot, command.Epoch);

    public static HostReport Read(string node, SlotHostSync sync) => new()
    {
        Node = new NodeId(node),
        Session = SessionId.Parse(sync.Session),
        Sequence = sync.Sequence,
        Generation = new Generation(sync.Generation),
        Capacity = sync.Capacity,
        Slots = sync.Running.ToImmutableDictionary(
            slot => new SlotId(new GroupId(slot.Group), slot.Slot),
            slot => new Protocol.HostedSlot(
                Epoch.Parse(slot.Epoch), StageOf(slot.State)!.Value, Plain(slot.Detail))),
    };

    public static Protocol.HostedSlot Read(ConfirmSlot command) =>
        new(Epoch.Parse(command.Epoch), StageOf(command.State)!.Value, Plain(command.Detail));

    public static Contracts.Http.SlotOrder Write(Protocol.SlotOrder order) => new()
    {
        Group = order.Slot.Group.Value,
        Slot = order.Slot.Index,
        Kind = order.Kind,
        Epoch = order.Epoch.ToString(),
        Action = order.IsStart ? Contracts.Http.SlotOrder.Start : Contracts.Http.SlotOrder.Stop,
        TraceParent = order.TraceParent,
    };

    private static string? Problem(Contracts.Http.HostedSlot? slot) => slot switch
    {
        null => "A listed slot is null.",
        _ when StageOf(slot.State) is null => $"'{slot.State}' is not a state of a slot.",
        _ => ProblemOf(slot.Group, slot.Slot, slot.Epoch),
    };

    private static string? ProblemOf(string group, int slot, string epoch) =>
        !GroupId.IsLegal(group) ? $"'{group}' is not a group: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted."
        : slot is < 0 or >= SlotId.SlotsPerGroupMax ? $"Slot {slot} is not one of 0 to {SlotId.SlotsPerGroupMax - 1}."
        : !Epoch.TryParse(epoch, out _) ? $"'{epoch}' is not an epoch: 16 hex digits, '-', 16 hex digits are wanted."
        : null;

    private static HostedStage? StageOf(string state) => state switch
    {
        Contracts.Http.HostedSlot.Starting => HostedStage.Starting,
        Contracts.Http.HostedSlot.Up or "started" => HostedStage.Running,
        Contracts.Http.HostedSlot.Stopping => HostedStage.Stopping,
        Contracts.Http.HostedSlot.Stopped => HostedStage.Stopped,
        Contracts.Http.HostedSlot.Failed => HostedStage.Failed,
        _ => null,
    };

    // It becomes the reason of an event.
    private static string? Plain(string? detail)
    {
        if (string.IsNullOrEmpty(detail)) return null;
        var plain = string.Concat(detail.Select(c => char.IsControl(c) ? ' ' : c));
        return plain.Length <= DetailLengthMax ? plain : plain[..DetailLengthMax];
    }
}
