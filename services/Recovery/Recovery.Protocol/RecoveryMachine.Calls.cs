using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Recovery.Protocol;

/// <summary>The calls: reading a group and writing its slots, one call per group at a time.</summary>
public sealed partial class RecoveryMachine
{
    private int InFlight => _lanes.Values.Count(lane => lane.IsBusy);

    // A slot that was placed under a higher token, by the Recovery of the group's last home, needs a higher one still.
    private void WantTokens()
    {
        if (!_grant.IsHeld) return;
        foreach (var lane in _lanes.Values.Where(lane => lane.IsOpen))
        {
            if (lane.HighestToken > _grant.Token) _grant.WantAbove(lane.HighestToken);
        }

        // Nothing is placed on a node under a token below its last fence: that one ended what ran before it.
        if (!IsActing) return;
        foreach (var host in _hosts.All)
        {
            var node = host.Report.Node;
            if (_world!.Nodes.GetValueOrDefault(node) is not { IsLive: true } facts) continue;
            if (facts.Generation == host.Report.Generation && _world.FenceOf(node) > _grant.Token)
                _grant.WantAbove(_world.FenceOf(node));
        }
    }

    private ImmutableArray<GroupCall> NextCalls(Instant now)
    {
        if (!IsActing) return [];
        var calls = ImmutableArray.CreateBuilder<GroupCall>();
        var left = _options.CallsInFlightMax - InFlight;
        var certainty = new Certainty(_world!, _hosts);
        foreach (var lane in _lanes.Values)
        {
            if (left == 0) break;
            if (NextCall(lane, certainty, now) is not { } call) continue;
            lane.Begin(call);
            calls.Add(call);
            left--;
        }

        return calls.ToImmutable();
    }

    private GroupCall? NextCall(GroupLane lane, Certainty certainty, Instant now)
    {
        if (!lane.IsRested(now)) return null;
        if (lane.IsWritable(_grant.Token))
        {
            var rules = new SlotRules(lane.Group, lane.Definition, certainty, _options);
            var (writes, trace) = lane.Next(rules, now);
            if (writes.Length > 0)
                return new GroupCall.Put(lane.Group, _grant.Token, lane.Definition.Kind, writes, trace);
        }

        if (lane.OpensAt(_grant.Token) is not { } at || now < at) return null;
        var mayFound = lane.Definition.Home == _self && lane.Definition.Slots > 0;
        return new GroupCall.Open(lane.Group, _grant.Token, mayFound);
    }

    private void End(GroupCall call, GroupResult result, Instant now)
    {
        var lane = _lanes[call.Group];
        lane.End();
        switch (call, result)
        {
            case var _ when !_grant.IsHeld || call.Token < _tenure:
                lane.Forget(); // Of an earlier tenure: whatever it was, this one reads for itself.
                break;
            case (GroupCall.Open, GroupResult.Opened opened):
                lane.Opened(call.Token, opened, _self, _step, now);
                lane.Succeeded(now + _options.CheckInterval);
                break;
            case (GroupCall.Open, GroupResult.Elsewhere elsewhere):
                lane.LivesElsewhere(elsewhere.Home);
                lane.Succeeded(now + _options.CheckInterval);
                break;
            case (GroupCall.Put put, GroupResult.Written):
                lane.Written(put.Writes, _step, now);
                lane.Succeeded(now + _options.CheckInterval);
                foreach (var write in put.Writes) AfterWrite(lane, write, now);
                break;
            case (GroupCall.Put, GroupResult.Raced):
                lane.Doubt();
                break;
            case (_, GroupResult.Refused refused):
                _refused++;
                if (refused.Bound > _grant.Token) _grant.Doubt(refused.Bound);
                Fail(lane, $"refused: {refused.Bound} is asked for", now);
                break;
            case (_, GroupResult.Failed failed):
                Fail(lane, failed.Why, now);
                break;
            default:
                throw new InvariantViolatedException($"{result.GetType().Name} of {call.GetType().Name}");
        }
    }

    private void Fail(GroupLane lane, string why, Instant now) =>
        lane.Failed(why, now + _callBackoff.After(lane.Failures + 1));

    private void AfterWrite(GroupLane lane, SlotWrite write, Instant now)
    {
        var slot = write.New;
        if (slot is { State: SlotState.Placed or SlotState.Stopping or SlotState.Unhealthy, Node: { } node })
        {
            var id = new SlotId(lane.Group, slot.Index);
            var isStart = slot.State == SlotState.Placed;
            var trace = lane.Of(slot.Index)!.TraceParent;
            _nudges.Add(new HostNudge(node, new SlotOrder(id, lane.Definition.Kind, slot.Epoch, isStart, trace)));
        }

        // It was tried and did not come up: the next try waits, the longer the more there were.
        if (slot is { State: SlotState.Unhealthy, Attempt: > 0 })
            lane.Of(slot.Index)!.Delay(now + _placeBackoff.After(slot.Attempt));
    }

    // While anything is on its way, every round is attended; what is settled needs none.
    private Instant? RoundAt() => IsActing && _lanes.Values.Any(lane => lane.IsOpen && lane.IsUnsettled)
        ? _rounds.NextAt
        : null;

    private Instant? CallAt() => IsActing && InFlight < _options.CallsInFlightMax
        ? _lanes.Values.Select(lane => lane.OpensAt(_grant.Token)).Min()
        : null;
}
