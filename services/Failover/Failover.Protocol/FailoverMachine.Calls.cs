using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>What the ends of calls to shards mean, and what is counted.</summary>
public sealed partial class FailoverMachine
{
    private void End(ShardCall call, CallResult result, Instant now)
    {
        var lane = _lanes.End(call);
        if (call is ShardCall.Count count) Counted(count, result as CallResult.Counted, now);
        else if (result is CallResult.Failed or CallResult.Refused) _survey.Fail(call.Shard, Waiting(now));
        var watch = call is ShardCall.Promote promote
            ? _watches.Values.FirstOrDefault(candidate => candidate.Sweep?.Number == promote.Sweep)
            : null;
        if (call is ShardCall.Promote settled) _work.Settle(settled, result, now);
        switch (call, result)
        {
            case (ShardCall.Open open, CallResult.Done):
                lane.Succeeded();
                lane.IsOpen = open.Floor == _work.Directory?.Floor;
                break;
            case (ShardCall.InstallGrant, CallResult.Done):
                lane.Succeeded();
                if (_grant.IsHeld) lane.Installed = call.Token;
                break;
            case (ShardCall.Promote promoted, CallResult.Batch batch):
                lane.Succeeded();
                lane.IsMidPass = batch is { Next: not null, Remaining: > 0 };
                Promoted(watch, promoted, batch, now);
                break;
            case (ShardCall.Count, CallResult.Counted):
                lane.Succeeded();
                break;
            case (ShardCall.Count, CallResult.Failed uncounted) when !_work.IsCountAwaited(call.Shard, now):
                // Told, and no more: no promotion hangs on it, and the next round asks again.
                lane.Trouble = uncounted.Why;
                break;
            case (_, CallResult.Refused refused):
                Refused(lane, call, refused.Bound, now);
                break;
            case (_, CallResult.Failed failed):
                _lanes.Failed(lane, failed.Why, now);
                FailSweeps(call.Shard, now);
                break;
            default:
                throw new InvariantViolatedException($"{result.GetType().Name} of {call.GetType().Name}");
        }
    }

    private void Refused(ShardLane lane, ShardCall call, Token bound, Instant now)
    {
        _refused++;
        lane.Installed = Token.None;
        FailSweeps(call.Shard, now);
        var why = $"the grant was refused: {bound} is asked for";
        if (bound > _grant.Token)
        {
            // Said, for nothing is called anywhere meanwhile; not of a call that came late, when another is the holder.
            // It is the election that is asked, so the lane has no pause.
            _grant.Doubt(bound);
            if (_grant.IsHeld) lane.Trouble = why;
        }
        else if (bound > call.Token)
        {
            lane.Succeeded(); // Overtaken by a newer token of our own.
        }
        else
        {
            _lanes.Failed(lane, why, now);
        }
    }

    private void FailSweeps(int shard, Instant now)
    {
        foreach (var sweep in Sweeps)
        {
            if (sweep.Wants(shard, now)) sweep.Fail(shard);
        }
    }

    private void Promoted(ClusterWatch? watch, ShardCall.Promote call, CallResult.Batch batch, Instant now)
    {
        // The answer of a sweep that was cancelled meanwhile: what it moved stays moved, and is told by the directory.
        if (watch?.Sweep is not { } sweep) return;
        sweep.Take(call, batch, now, _options.CheckInterval);

        // Somebody of the dead cluster has a newer token than this sweep: the next pass needs a newer one still.
        if (batch is { Newer: > 0, Next: null }) _grant.WantAbove(call.Token);
        watch.Step(new ClusterInput.Progressed(), now);
    }

    // Wanted by those who stand by, so that an heir that gets nowhere is noticed and what is stranded is seen, and by a
    // brake, which is a share of all there is.
    private void Count(Instant now)
    {
        _survey.IsWanted = _grant.IsHeld &&
            (_watches.Values.Any(watch => IsWaiting(watch, now)) || (_brake.IsOn && Sweeps.Any()));

        // A sweep that begins may follow another's, whose room is gone from the window.
        if (_brake.IsOn) _survey.Renew(Sweeps.Select(sweep => sweep.Number).DefaultIfEmpty().Max(), _grant.Token);
        if (!_work.IsPossible) return;
        PassOverFailing(now);
        _survey.Begin(_watches.Keys.Append(_self).Take(ClustersCountedMax), now);
        PassOverFailing(now);
    }

    // Both of a round that was under way and of one that has begun.
    private void PassOverFailing(Instant now)
    {
        if (!_survey.IsFresh) _survey.PassOver(_lanes.Failing, Waiting(now));
    }

    private static bool IsWaiting(ClusterWatch watch, Instant now) =>
        watch.Phase is Phase.PrimaryUnreachable phase && phase.Incident.DueAt <= now;

    private void Counted(ShardCall.Count call, CallResult.Counted? answer, Instant now)
    {
        // Asked before the election was lost, and perhaps won again: another may have promoted since.
        if (!_grant.IsHeld || call.Token < _survey.Since) return;
        var waiting = Waiting(now);
        if (answer is null)
        {
            _survey.Fail(call.Shard, waiting);
        }
        else
        {
            _brake.Know(call.Shard, answer.Promoted, call.Token, now);
            _survey.Take(call, answer, waiting);
        }

        if (waiting.Any(_survey.IsStuck)) _lookout.Hurry();
    }

    private HashSet<ClusterId> Waiting(Instant now) =>
        [.. _watches.Values.Where(watch => IsWaiting(watch, now)).Select(watch => watch.Cluster)];

    private void TellBraked(Instant now)
    {
        if (!_brake.IsOn) return;
        foreach (var watch in _watches.Values)
        {
            if (watch.Sweep is { } sweep && _work.IsBraked(sweep, now))
                watch.Step(new ClusterInput.HeldUp(RefusalReason.Braked, Said()), now);
        }

        string Said() => _brake.Allowed is null
            ? "No shard says how many grains there are, so the brake has no share of them to let through."
            : $"{_brake.Allowed} of {_brake.GrainsTotal} grains may be promoted within {_options.BrakeWindow} and " +
            "were; the rest waits, or is forced.";
    }
}
