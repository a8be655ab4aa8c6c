using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol.Tests.World;

/// <summary>The part of the directory that Recovery uses, by its rules, in a few lines.</summary>
internal sealed class TwinDirectory(Action<string> say)
{
    private readonly SortedDictionary<GroupId, TwinGroup> _groups = [];

    /// <summary>It does not answer, and carries nothing out.</summary>
    public bool IsSilent { get; set; }

    /// <summary>It carries out what it is asked, and its answer is lost.</summary>
    public bool IsMute { get; set; }

    /// <summary>Slots whose record is there, and cannot be read.</summary>
    public HashSet<SlotId> Unreadable { get; } = [];

    public IEnumerable<(GroupId Group, Slot Slot)> Slots =>
        _groups.SelectMany(group => group.Value.Slots.Values.Select(slot => (group.Key, slot)));

    public Slot? SlotOf(SlotId id) => _groups.TryGetValue(id.Group, out var group)
        ? group.Slots.GetValueOrDefault(id.Index)
        : null;

    public void Promote(GroupId group, ClusterId home) => GroupOf(group).Home = home;

    /// <summary>Only from a given home.</summary>
    public void Promote(GroupId group, ClusterId home, ClusterId from)
    {
        if (GroupOf(group).Home == from) GroupOf(group).Home = home;
    }

    /// <summary>By hand.</summary>
    public bool Erase(SlotId id) => GroupOf(id.Group).Slots.Remove(id.Index);

    public GroupResult Answer(GroupCall call, ClusterId self)
    {
        if (IsSilent) return new GroupResult.Failed("silent");
        var answer = call switch
        {
            GroupCall.Open open => Open(open, self),
            GroupCall.Put put => Put(put, self),
            _ => throw new InvariantViolatedException(call.ToString()),
        };
        return IsMute ? new GroupResult.Failed("no answer") : answer;
    }

    private GroupResult Open(GroupCall.Open call, ClusterId self)
    {
        var group = GroupOf(call.Group);
        if (group.Home is null && call.MayFound) group.Home = self;
        if (group.Home != self) return new GroupResult.Elsewhere(group.Home);
        var installed = group.Grants.GetValueOrDefault(self);
        if (installed > call.Token) return new GroupResult.Refused(installed);
        group.Grants[self] = call.Token;
        int[] unreadable = [.. Unreadable.Where(id => id.Group == call.Group).Select(id => id.Index).Order()];
        return new GroupResult.Opened(
            [.. group.Slots.Values.Where(slot => !unreadable.Contains(slot.Index))], [.. unreadable]);
    }

    private GroupResult Put(GroupCall.Put call, ClusterId self)
    {
        var group = GroupOf(call.Group);
        var installed = group.Grants.GetValueOrDefault(self);
        if (installed != call.Token) return new GroupResult.Refused(installed);
        if (group.Home != self) return new GroupResult.Raced();
        if (call.Writes.Any(write => Unreadable.Contains(new SlotId(call.Group, write.New.Index))))
            return new GroupResult.Failed("wrong format");
        if (call.Writes.Any(write => !IsAllowed(group.Slots.GetValueOrDefault(write.New.Index), write)))
            return new GroupResult.Raced();
        foreach (var write in call.Writes)
        {
            if (group.Slots.GetValueOrDefault(write.New.Index) == write.New) continue;
            group.Slots[write.New.Index] = write.New;
            say(Describe(call, write));
        }

        return new GroupResult.Written();
    }

    private static bool IsAllowed(Slot? now, SlotWrite write)
    {
        var wanted = write.New;
        if (now == wanted) return true;
        if (now is null) return write.Expected is null;
        if (now.Epoch != write.Expected || wanted.Epoch < now.Epoch) return false;
        return wanted.Epoch == now.Epoch
            ? wanted.State >= now.State && (wanted.Node == now.Node || wanted.Node is null)
            : now.Node is null || now.Node == wanted.Node;
    }

    private static string Describe(GroupCall.Put call, SlotWrite write)
    {
        var slot = write.New;
        var what = slot.State switch
        {
            SlotState.Placed => $"placed on {slot.Node}, attempt {slot.Attempt}",
            SlotState.Running => $"runs on {slot.Node}",
            SlotState.Stopping => $"is to stop on {slot.Node}",
            SlotState.Stopped => "stopped",
            _ when slot.Node is { } node => $"{slot.State.ToString().ToLowerInvariant()}, may run on {node}",
            _ => $"{slot.State.ToString().ToLowerInvariant()}, was on {slot.Previous}",
        };
        var trace = call.TraceParent is { } parent ? $", {parent}" : "";
        return $"{call.Group}/{slot.Index} {what} ({write.Reason}) " +
            $"epoch={slot.Epoch.Token.Index}.{slot.Epoch.Counter}{trace}";
    }

    private TwinGroup GroupOf(GroupId group)
    {
        if (!_groups.TryGetValue(group, out var known)) _groups[group] = known = new TwinGroup();
        return known;
    }

    private sealed class TwinGroup
    {
        public ClusterId? Home { get; set; }

        public Dictionary<ClusterId, Token> Grants { get; } = [];

        public SortedDictionary<int, Slot> Slots { get; } = [];
    }
}
