using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>What there is to do on a shard now: the creation of the directory, the grant, and the sweeps.</summary>
internal sealed class ShardWork(Grant grant, Survey survey, Brake brake, int shards)
{
    private IReadOnlyList<Sweep> _sweeps = [];

    public DirectoryDefinition? Directory { get; set; }

    /// <summary>The sweeps that are under way, by number.</summary>
    public void Serve(IReadOnlyList<Sweep> sweeps) => _sweeps = sweeps;

    public bool IsPossible => grant.IsUsable && Directory is { } directory && directory.Shards == shards;

    /// <summary>Whether the next call to the shard only installs the newest token.</summary>
    public bool IsGrantDue(ShardLane lane) => IsPossible && !IsToBeOpened(lane) && lane.Installed < lane.Required;

    /// <summary>The next call to the shard; null when there is nothing to do.</summary>
    public ShardCall? CallFor(ShardLane lane, Instant now)
    {
        if (!IsPossible) return null;
        if (IsToBeOpened(lane)) return new ShardCall.Open(lane.Shard, grant.Token, Directory!.Floor);

        var sweep = NextSweep(lane, now);
        if (lane.Installed < lane.Required || (sweep is not null && lane.Installed != grant.Token))
            return new ShardCall.InstallGrant(lane.Shard, grant.Token);
        if (sweep is null) return survey.CallFor(lane.Shard, grant.Token);

        lane.LastSweep = sweep.Number;

        // What was promoted here by others is asked before anything is: with the own token installed, no more can come.
        if (IsToBeCounted(sweep, lane.Shard)) return survey.AskOf(lane.Shard, grant.Token);
        return Reserve(sweep, sweep.CallFor(lane.Shard, grant.Token), now);
    }

    /// <summary>
    /// What a call takes of a place, in parts of <see cref="ShardLanes.SharersMax"/>: as much as the grains that it
    /// most likely moves are of a full batch. So a place is about the same time of Redis, and a sweep of few grains
    /// does not wait out a round trip for every few shards. One that holds room of a brake takes a whole place.
    /// </summary>
    public int ShareOf(ShardCall call)
    {
        if (call is not ShardCall.Promote { GrainsMax: null } promote) return ShardLanes.SharersMax;
        var sweep = _sweeps.FirstOrDefault(candidate => candidate.Number == promote.Sweep);
        return sweep?.GrainsExpectedOn(call.Shard) is { } grains and < ShardCall.Promote.GrainsAtOnce
            ? Math.Max(1, (int)Math.Ceiling(grains * ShardLanes.SharersMax / (double)ShardCall.Promote.GrainsAtOnce))
            : ShardLanes.SharersMax;
    }

    /// <summary>Whether a sweep waits for the shard to say what was promoted there.</summary>
    public bool IsCountAwaited(int shard, Instant now) =>
        _sweeps.Any(sweep => IsToBeCounted(sweep, shard) && sweep.Wants(shard, now));

    /// <summary>What an ended promotion gives back of what it had reserved.</summary>
    public void Settle(ShardCall.Promote call, CallResult result, Instant now)
    {
        if (call.GrainsMax is not { } reserved) return;
        switch (result)
        {
            case CallResult.Batch batch:
                brake.Settle(call, reserved, batch.Promoted, now);
                break;
            case CallResult.Refused:
                brake.Settle(call, reserved, promoted: 0, now);
                break;
            default:
                brake.Miss(call, reserved, now);
                break;
        }
    }

    /// <summary>
    /// Whether the sweep has something to do and no room to do it; to look again where all is clean is none.
    /// </summary>
    public bool IsBraked(Sweep sweep, Instant now) =>
        !sweep.IsForced && !sweep.IsClean && IsPossible && survey.IsCounted(sweep.Number) &&
        (brake.IsFull(now) || (brake.Allowed is null && survey.HasFailed)) &&
        sweep.IsConfirmed(grant.Token) && Enumerable.Range(0, shards).Any(shard => sweep.Wants(shard, now));

    /// <summary>When there is something to do; null when there is not.</summary>
    public Instant? DueAt(ShardLane lane, Instant now)
    {
        if (!IsPossible) return null;
        if (IsToBeOpened(lane) || lane.Installed < lane.Required) return lane.NotBefore;

        var first = survey.DueAt(lane.Shard);
        foreach (var sweep in _sweeps)
        {
            if (!sweep.IsConfirmed(grant.Token) || sweep.DueAt(lane.Shard) is not { } due) continue;
            if (!HasRoom(sweep, now))
            {
                if (!survey.IsCounted(sweep.Number) || brake.RoomAgainAt is not { } room) continue;
                due = Instant.Max(due, room);
            }

            first = first is { } known ? Instant.Min(known, due) : due;
        }

        return first;
    }

    private bool IsBrakedAtAll(Sweep sweep) => brake.IsOn && !sweep.IsForced;

    private bool HasRoom(Sweep sweep, Instant now) =>
        !IsBrakedAtAll(sweep) || (survey.IsCounted(sweep.Number) && brake.Room(now) > 0);

    private bool IsToBeCounted(Sweep sweep, int shard) =>
        IsBrakedAtAll(sweep) && !survey.HasAnswered(shard, sweep.Number);

    private ShardCall.Promote Reserve(Sweep sweep, ShardCall.Promote call, Instant now)
    {
        if (!IsBrakedAtAll(sweep)) return call;
        var grains = (int)Math.Min(brake.Room(now), ShardCall.Promote.GrainsAtOnce);
        brake.Reserve(grains);
        return call with { GrainsMax = grains, KeptFor = brake.Window };
    }

    private bool IsToBeOpened(ShardLane lane) => Directory is { Created: false } && !lane.IsOpen;

    // In turns: the first one after the one served last, else the first.
    private Sweep? NextSweep(ShardLane lane, Instant now)
    {
        Sweep? first = null;
        foreach (var sweep in _sweeps)
        {
            if (!sweep.IsConfirmed(grant.Token) || !sweep.Wants(lane.Shard, now)) continue;
            if (!HasRoom(sweep, now)) continue;
            if (sweep.Number > lane.LastSweep) return sweep;
            first ??= sweep;
        }

        return first;
    }
}
