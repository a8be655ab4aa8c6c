using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>What people and metrics are told; nothing here changes anything.</summary>
public sealed partial class RecoveryMachine
{
    /// <summary>How things stand.</summary>
    public RecoveryView View(Instant now)
    {
        var candidates = IsActing ? PlacementNow(now).Candidates.ToHashSet() : [];
        return new RecoveryView
        {
            Version = _step,
            Cluster = _self,
            IsHeld = _grant.IsHeld,
            IsActing = IsActing,
            Token = _grant.Token,
            Horizon = _world?.Horizon,
            LateReports = _late,
            RefusedCalls = _refused,
            Groups = [.. _lanes.Values.Select(lane => Describe(lane, now))],
            Hosts = [.. _hosts.All.Select(host => Describe(host, candidates, now))],
        };
    }

    /// <summary>A dry run: where what is down would go now, if every slot were tried.</summary>
    public ImmutableArray<PlannedPlacement> Plan(Instant now)
    {
        if (!IsActing) return [];
        var placement = PlacementNow(now);
        return
        [
            .. from lane in _lanes.Values
               where lane.IsOpen
               from watch in lane.Slots
               where watch.Index < lane.Definition.Slots && watch.IsPlaceable
               select new PlannedPlacement(
                   new SlotId(lane.Group, watch.Index),
                   placement.Choose(lane.Group, lane.Definition, watch),
                   watch.NotBefore > now ? watch.NotBefore - now : TimeSpan.Zero),
        ];
    }

    private Placement PlacementNow(Instant now) =>
        new(_self, _options, _hosts, _lanes.Values, new Moment(_world!, _grant.Token, now));

    private static GroupView Describe(GroupLane lane, Instant now) => new(
        lane.Group,
        lane.Definition,
        lane.Home,
        lane.IsOpen,
        lane.Trouble,
        [
            .. lane.Slots.Select(watch => new SlotView(
                watch.Index,
                watch.Record,
                watch.Index < lane.Definition.Slots,
                watch.Reason,
                now - watch.DownSince,
                watch.Misses,
                watch.IsUnreadable)),
        ]);

    private static HostView Describe(Host host, HashSet<NodeId> candidates, Instant now) => new(
        host.Report.Node,
        host.Report.Capacity,
        host.Report.Slots.Values.Count(hosted => hosted.IsActive),
        now - host.At,
        candidates.Contains(host.Report.Node));
}
