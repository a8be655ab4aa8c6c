using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// The phases of one watched cluster: <c>Monitoring -> PrimaryUnreachable -> Promoting -> Promoted</c>, and back to
/// <c>Monitoring</c> from any of them when the cluster is reachable again. Each watched cluster has its own machine, so
/// any number can fail together; what they share is the election's token (<see cref="Grant"/>) and the shards
/// (<see cref="ShardLanes"/>).
/// </summary>
internal sealed class ClusterWatch(ClusterId cluster, int shards, Grant grant, NoticeBoard board, Survey survey)
{
    private const int OrphansNamedMax = 20;

    private static readonly Phase Watching = new Phase.Monitoring();

    public ClusterId Cluster => cluster;

    public Phase Phase { get; private set; } = Watching;

    public Sweep? Sweep => Phase switch
    {
        Phase.Promoting promoting => promoting.Sweep,
        Phase.Promoted promoted => promoted.Sweep,
        _ => null,
    };

    public Incident? Incident => Phase switch
    {
        Phase.PrimaryUnreachable unreachable => unreachable.Incident,
        Phase.Promoting promoting => promoting.Incident,
        Phase.Promoted promoted => promoted.Incident,
        _ => null,
    };

    public void Step(ClusterInput input, Instant now) => Phase = (Phase, input) switch
    {
        (Phase.Monitoring m, ClusterInput.Reachable { Refusal: { } refusal }) =>
            new Phase.Monitoring(Refuse(incident: null, m, refusal)),
        (Phase.Monitoring, ClusterInput.Reachable or ClusterInput.GrantLost) => Watching,
        (Phase.Monitoring, ClusterInput.TokenRaised) => Phase,
        (Phase.Monitoring, ClusterInput.Unreachable u) => Await(u, u.Incident, refused: null, now),

        (Phase.PrimaryUnreachable, ClusterInput.Reachable) => Watching,
        (Phase.PrimaryUnreachable p, ClusterInput.Unreachable u) when u.Incident.FollowsNewLife(p.Incident) =>
            Await(u, u.Incident, refused: null, now),
        (Phase.PrimaryUnreachable p, ClusterInput.Unreachable u) =>
            Await(u, Newest(u.Incident, p.Incident), p.Refused, now),
        (Phase.PrimaryUnreachable p, ClusterInput.GrantLost) => p with { Refused = null },
        (Phase.PrimaryUnreachable, ClusterInput.TokenRaised) => Phase,

        (Phase.Promoting p, ClusterInput.Reachable) => Cancel(p, CancelReason.PeerAlive, Watching),
        (Phase.Promoting p, ClusterInput.Unreachable u) when u.Incident.FollowsNewLife(p.Incident) =>
            Restart(Cancel(p, CancelReason.PeerAlive, Watching), u, now),
        (Phase.Promoting { Sweep.IsForced: false } p,
            ClusterInput.Unreachable { Standing: Standing.Refused { Reason: RefusalReason.Paused } refusal }) =>
            Cancel(p, CancelReason.Paused, Hold(p, refusal)),
        (Phase.Promoting p, ClusterInput.Unreachable u) => Confirm(p, u, now),
        (Phase.Promoting p, ClusterInput.TokenRaised) => Announce(p, now),
        (Phase.Promoting p, ClusterInput.Progressed) =>
            p.Sweep.IsClean ? Complete(p.Incident, p.Sweep, now) : p with { Refused = StillSaid(p) },
        (Phase.Promoting p, ClusterInput.HeldUp h) => HoldUp(p, h),
        (Phase.Promoting p, ClusterInput.GrantLost) =>
            Cancel(p, CancelReason.ElectionLost, new Phase.PrimaryUnreachable(p.Incident, Refused: null)),

        (Phase.Promoted, ClusterInput.Reachable) => Seal(Watching),
        (Phase.Promoted p, ClusterInput.Unreachable u) when u.Incident.FollowsNewLife(p.Incident) =>
            Restart(Seal(Watching), u, now),
        (Phase.Promoted p, ClusterInput.Unreachable u) => Suspend(p, u, now),
        (Phase.Promoted p, ClusterInput.Progressed) =>
            p.Sweep is { IsClean: true, HasNews: true } ? Complete(p.Incident, p.Sweep, now) : Unbrake(p),
        (Phase.Promoted p, ClusterInput.HeldUp { Reason: RefusalReason.Braked } h) =>
            p with { Refused = Refuse(p.Incident, p, new Standing.Refused(h.Reason, h.Detail)) },
        (Phase.Promoted p, ClusterInput.GrantLost) => new Phase.PrimaryUnreachable(p.Incident, Refused: null),
        (Phase.Promoted, ClusterInput.TokenRaised) => Phase,
        (_, ClusterInput.HeldUp) => Phase,

        _ => throw new InvariantViolatedException($"{input.GetType().Name} in {Phase.GetType().Name}"),
    };

    // The same fences, read again: the instants of the first reading stay, whatever the wall clock did meanwhile. What
    // was silence may turn out to have been a death.
    private static Incident Newest(Incident read, Incident kept) => read.HasFencesOf(kept) ? kept : read;

    // The start rests on an observation asked for after the grace: who came back within it is not promoted away from.
    private Phase Await(ClusterInput.Unreachable input, Incident incident, RefusalReason? refused, Instant now)
    {
        var isForced = input.Standing is Standing.Acting { Order: not null };
        if (input.AskedAt < incident.DueAt && !isForced) return new Phase.PrimaryUnreachable(incident, refused);
        switch (input.Standing)
        {
            case Standing.Acting acting:
                return Begin(incident, acting, input, now);
            case Standing.Refused refusal:
                var waiting = new Phase.PrimaryUnreachable(incident, refused);
                return waiting with { Refused = Refuse(incident, waiting, refusal) };
            default:
                return new Phase.PrimaryUnreachable(incident, Refused: null);
        }
    }

    // Another failure of the same cluster, which nobody saw alive in between.
    private Phase Restart(Phase watching, ClusterInput.Unreachable input, Instant now)
    {
        Invariant.Holds(watching is Phase.Monitoring);
        return Await(input, input.Incident, refused: null, now);
    }

    // A sweep that was announced has its token; another that it would like can wait.
    private Phase.Promoting HoldUp(Phase.Promoting promoting, ClusterInput.HeldUp input) =>
        input.Reason == RefusalReason.NoQuorum && promoting.IsAnnounced
            ? promoting
            : Refuse(promoting, new Standing.Refused(input.Reason, input.Detail));

    // A batch says that there is a token, and nothing about the brake: what the window let through is gone with it.
    private static RefusalReason? StillSaid(Phase.Promoting promoting) =>
        promoting.Refused is RefusalReason.Braked ? promoting.Refused : null;

    private Phase.Promoting Refuse(Phase.Promoting promoting, Standing.Refused refusal) =>
        promoting with { Refused = Refuse(promoting.Incident, promoting, refusal) };

    // Each reason is said once, until it is another.
    private RefusalReason Refuse(Incident? incident, Phase phase, Standing.Refused refusal)
    {
        if (refusal.Reason != phase.Reason)
            board.Refuse(cluster, incident, phase.GetType().Name, refusal.Reason, refusal.Detail);
        return refusal.Reason;
    }

    // The end of a sweep that was announced says that it is paused; of another nobody has heard.
    private Phase.PrimaryUnreachable Hold(Phase.Promoting promoting, Standing.Refused refusal)
    {
        var held = new Phase.PrimaryUnreachable(promoting.Incident, promoting.Refused);
        return held with
        {
            Refused = promoting.IsAnnounced ? refusal.Reason : Refuse(promoting.Incident, held, refusal),
        };
    }

    private Phase.Promoting Begin(
        Incident incident, Standing.Acting acting, ClusterInput.Unreachable input, Instant now)
    {
        // Above every token of a fenced session, and above every token the own calls have used so far.
        var above = grant.Token > incident.Decisive.Token ? grant.Token : incident.Decisive.Token;
        grant.WantAbove(above);
        var sweep = new Sweep(
            board.NextSweep(), cluster, shards, above, now, shard => survey.GrainsOn(shard, cluster));
        Follow(sweep, incident, acting, now);
        return new Phase.Promoting(incident, sweep, input, IsAnnounced: false);
    }

    // What made it begin may have been the word of a voter that lags, cut off from the leader, for any time. The
    // sweep's own token is an entry of the log, and who has applied that entry knows who was alive at it.
    private Phase Confirm(Phase.Promoting promoting, ClusterInput.Unreachable input, Instant now)
    {
        var sweep = promoting.Sweep;
        var kept = promoting with { Incident = Keep(sweep, input.Incident, promoting.Incident), Seen = input };
        sweep.Confirm(input.Horizon);
        Follow(sweep, kept.Incident, input.Standing, now);
        if (sweep.IsForced && kept.Refused is RefusalReason.Braked) kept = kept with { Refused = null };
        if (kept.IsAnnounced && input.Standing is Standing.Refused { Reason: RefusalReason.WrongShards } wrong)
            return Refuse(kept, wrong);
        return Announce(kept, now);
    }

    // Once there are both a token and an observation that reaches it, whichever came last: the voter that is read may
    // have the token's entry before who asked for it has the answer.
    private Phase Announce(Phase.Promoting promoting, Instant now)
    {
        if (promoting.IsAnnounced || !promoting.Sweep.IsConfirmed(grant.Token)) return promoting;

        // Not ours after all, and nothing was called yet. Once announced it is ours, whoever else could.
        if (promoting.Seen.Standing is not Standing.Acting)
            return Await(promoting.Seen, promoting.Incident, refused: null, now);
        board.Start(promoting.Incident, now - promoting.Incident.Since);
        return promoting with { IsAnnounced = true, Refused = null };
    }

    // Who stands by now, with a sweep that has begun, goes on with what was its part.
    private void Follow(Sweep sweep, Incident incident, Standing standing, Instant now)
    {
        if (standing is not Standing.Acting acting) return;
        sweep.Take(acting.Part, now);
        sweep.Orphans = acting.Orphans;

        // Also one that finds the sweep under way, where it lifts brake and pause, is told for the audit, and once.
        if (acting.Order is not { } order || order == sweep.Order) return;
        sweep.Order = order;
        board.Force(incident, order);
    }

    private Phase Complete(Incident incident, Sweep sweep, Instant now)
    {
        board.Complete(incident, sweep.Figures, now - incident.Since);
        sweep.Reported();
        return Seal(RefuseOrphans(new Phase.Promoted(incident, sweep)));
    }

    // What was passed over for its type. What nobody can read is left, too, and is nobody's refusal.
    private Phase.Promoted RefuseOrphans(Phase.Promoted promoted)
    {
        var (sweep, skipped) = (promoted.Sweep, promoted.Sweep.Figures.Skipped);
        if (sweep.Orphans.IsEmpty || skipped == 0) return promoted with { Refused = null };
        var refusal = new Standing.Refused(
            RefusalReason.NoAllowedCluster,
            $"{skipped} grains are left of types that no live cluster may have: " +
            $"{string.Join(", ", sweep.Orphans.Take(OrphansNamedMax))}.");
        return promoted with { Refused = Refuse(promoted.Incident, promoted, refusal) };
    }

    // All was passed over again and nothing was found: the brake held up a look, and no grain.
    private Phase.Promoted Unbrake(Phase.Promoted promoted) =>
        promoted is { Refused: RefusalReason.Braked, Sweep.IsClean: true } ? RefuseOrphans(promoted) : promoted;

    private Phase Cancel(Phase.Promoting promoting, CancelReason reason, Phase next)
    {
        if (promoting.IsAnnounced) board.Cancel(promoting.Incident, promoting.Sweep.Figures, reason);
        return Seal(next);
    }

    private Phase Seal(Phase next)
    {
        grant.Seal();
        return next;
    }

    // A fence that was committed again is above tokens that were minted in between; so must the sweep be.
    private Incident Keep(Sweep sweep, Incident read, Incident kept)
    {
        sweep.RaiseTo(read.Decisive.Token);
        grant.WantAbove(read.Decisive.Token);
        return Newest(read, kept);
    }

    private Phase.Promoted Suspend(Phase.Promoted promoted, ClusterInput.Unreachable input, Instant now)
    {
        promoted.Sweep.Confirm(input.Horizon);
        Follow(promoted.Sweep, promoted.Incident, input.Standing, now);
        var kept = promoted with { Incident = Keep(promoted.Sweep, input.Incident, promoted.Incident) };
        var refusal = input.Standing as Standing.Refused;
        var isPaused = !promoted.Sweep.IsForced && refusal is { Reason: RefusalReason.Paused };
        promoted.Sweep.IsSuspended = isPaused;
        if (isPaused || refusal is { Reason: RefusalReason.WrongShards })
            return kept with { Refused = Refuse(kept.Incident, kept, refusal!) };

        // Over: what else there was to say is said again, for the reason has changed.
        return kept.Refused is RefusalReason.Paused or RefusalReason.WrongShards ? RefuseOrphans(kept) : kept;
    }
}
