using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>What there is to do on a shard now: the creation of the directory, the grant, and the sweeps.</summary>
internal sealed class ShardWork(Grant grant, Survey survey, Brake brake, int shards)
{
    private const int GrainsPerCallMax = 500;

    private IReadOnlyList<Sweep> _sweeps = [];

    public DirectoryDefinition? Directory { get; set; }

    /// <summary>The sweeps that are under way, by number.</summary>
    public void Serve(IReadOnlyList<Sweep> sweeps) => _sweeps = sweeps;

    public bool IsPossible => grant.IsUsable && Directory is { } directory && directory.Shards == shards;

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
        return sweep.CallFor(lane.Shard, grant.Token, Reserve(sweep, now));
    }

    /// <summary>What an ended promotion gives back of what it had reserved.</summary>
    public void Settle(ShardCall.Promote call, CallResult result, Instant now)
    {
        if (call.GrainsMax is not { } reserved) return;
        var moved = result switch
        {
            CallResult.Batch batch => batch.Promoted,
            CallResult.Refused => 0,
            _ => reserved, // It may have been carried out.
        };
        brake.Settle(reserved, moved, now);
    }

    /// <summary>Whether the sweep has something to do and no room to do it.</summary>
    public bool IsBraked(Sweep sweep, Instant now) =>
        !sweep.IsForced && IsPossible && (brake.IsFull(now) || (brake.Allowed is null && survey.HasFailed)) &&
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
            if (!sweep.IsForced && brake.Room(now) == 0)
            {
                if (brake.RoomAgainAt is not { } room) continue;
                due = Instant.Max(due, room);
            }

            first = first is { } known ? Instant.Min(known, due) : due;
        }

        return first;
    }

    private int? Reserve(Sweep sweep, Instant now)
    {
        if (sweep.IsForced || !brake.IsOn) return null;
        var grains = (int)Math.Min(brake.Room(now), GrainsPerCallMax);
        brake.Reserve(grains);
        return grains;
    }

    private bool IsToBeOpened(ShardLane lane) => Directory is { Created: false } && !lane.IsOpen;

    // In turns: the first one after the one served last, else the first.
    private Sweep? NextSweep(ShardLane lane, Instant now)
    {
        Sweep? first = null;
        foreach (var sweep in _sweeps)
        {
            if (!sweep.IsConfirmed(grant.Token) || !sweep.Wants(lane.Shard, now)) continue;
            if (!sweep.IsForced && brake.Room(now) == 0) continue;
            if (sweep.Number > lane.LastSweep) return sweep;
            first ??= sweep;
        }

        return first;
    }
}
