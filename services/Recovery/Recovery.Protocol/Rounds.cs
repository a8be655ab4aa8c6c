using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>
/// The rounds of placing: so many slots of a group and so many in all, those that wait longest first, groups in turn. A
/// slot that finds no place steps back for a pause, so that it takes nobody's turn.
/// </summary>
internal sealed class Rounds(ClusterId self, RecoveryOptions options, Backoff backoff)
{
    private HashSet<NodeId> _candidates = [];
    private GroupId? _lastServed;

    public Instant NextAt { get; private set; }

    /// <summary>One round; missed ones are not made up for.</summary>
    public void Hold(
        IReadOnlyCollection<GroupLane> lanes, Observation world, HostBook hosts, Token token, Instant now)
    {
        NextAt = now + options.TickInterval;
        var placement = new Placement(self, options, hosts, lanes, new Moment(world, token, now));
        if (HasGrown(placement))
        {
            foreach (var watch in lanes.SelectMany(lane => lane.Slots)) watch.TryAnew();
        }

        var left = options.OverallMax;
        foreach (var lane in InTurn(lanes).Where(lane => lane.IsWritable(token)))
        {
            if (left == 0) break;
            var served = Serve(lane, placement, Math.Min(left, options.PerGroupMax), token, now);
            left -= served;
            if (served > 0) _lastServed = lane.Group;
        }
    }

    private int Serve(GroupLane lane, Placement placement, int most, Token token, Instant now)
    {
        var due = lane.Slots
            .Where(watch => watch.Index < lane.Definition.Slots && watch.IsPlaceable && watch.NotBefore <= now)
            .OrderBy(watch => watch.NotBefore)
            .ThenBy(watch => watch.Index)
            .Take(most)
            .ToArray();
        foreach (var watch in due)
        {
            if (placement.Choose(lane.Group, lane.Definition, watch) is { } node)
                watch.Chosen = PlacedAt(node, watch, token);
            else
                watch.Miss(now + backoff.After(watch.Misses + 1));
        }

        return due.Length;
    }

    private static Slot PlacedAt(NodeId node, SlotWatch watch, Token token)
    {
        var attempt = (watch.Record?.Attempt ?? 0) + 1;
        var epoch = watch.Record is { } before && before.Epoch.Token == token
            ? before.Epoch.Next()
            : Epoch.First(token);
        return new Slot(watch.Index, SlotState.Placed, node, epoch, watch.Record?.Previous, attempt);
    }

    // Groups after the one served last come first.
    private IEnumerable<GroupLane> InTurn(IReadOnlyCollection<GroupLane> lanes) => _lastServed is { } last
        ? lanes.Where(lane => lane.Group > last).Concat(lanes.Where(lane => lane.Group <= last))
        : lanes;

    private bool HasGrown(Placement placement)
    {
        var before = _candidates;
        _candidates = [.. placement.Candidates];
        return !_candidates.IsSubsetOf(before);
    }
}
