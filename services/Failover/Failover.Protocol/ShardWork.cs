using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>What there is to do on a shard now: the creation of the directory, the grant, and the sweeps.</summary>
internal sealed class ShardWork(Grant grant, int shards)
{
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
        if (sweep is null) return null;

        lane.LastSweep = sweep.Number;
        return sweep.CallFor(lane.Shard, grant.Token);
    }

    /// <summary>When there is something to do; null when there is not.</summary>
    public Instant? DueAt(ShardLane lane)
    {
        if (!IsPossible) return null;
        if (IsToBeOpened(lane) || lane.Installed < lane.Required) return lane.NotBefore;

        Instant? first = null;
        foreach (var sweep in _sweeps)
        {
            if (!sweep.IsConfirmed(grant.Token) || sweep.DueAt(lane.Shard) is not { } due) continue;
            first = first is { } known ? Instant.Min(known, due) : due;
        }

        return first;
    }

    private bool IsToBeOpened(ShardLane lane) => Directory is { Created: false } && !lane.IsOpen;

    // In turns: the first one after the one served last, else the first.
    private Sweep? NextSweep(ShardLane lane, Instant now)
    {
        Sweep? first = null;
        foreach (var sweep in _sweeps)
        {
            if (!sweep.IsConfirmed(grant.Token) || !sweep.Wants(lane.Shard, now)) continue;
            if (sweep.Number > lane.LastSweep) return sweep;
            first ??= sweep;
        }

        return first;
    }
}
