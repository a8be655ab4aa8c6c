using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// One lane per shard of the directory, one call at a time in each, a bounded number of lanes at once. A lane first
/// opens its shard (at the creation of the directory), then installs the newest token, then promotes: so no promotion
/// reaches a shard before the grant it is made under. A token goes to all shards at once, for it is the only thing that
/// a sweep waits for and costs Redis a few microseconds. Calls that are known to move few grains share a place. A lane
/// that fails pauses by itself, and lanes that failed lately get at most half of the places.
/// </summary>
internal sealed class ShardLanes
{
    /// <summary>As many calls may share one place.</summary>
    public const int SharersMax = 8;

    private readonly ShardLane[] _lanes;
    private readonly FailoverOptions _options;
    private readonly Backoff _backoff;
    private int _first;

    public ShardLanes(int shards, FailoverOptions options, Backoff backoff)
    {
        _lanes = [.. Enumerable.Range(0, shards).Select(shard => new ShardLane(shard))];
        _options = options;
        _backoff = backoff;
    }

    public IReadOnlyList<ShardLane> All => _lanes;

    public bool AreAllOpen => Array.TrueForAll(_lanes, lane => lane.IsOpen);

    /// <summary>The shards whose last call failed.</summary>
    public IReadOnlyCollection<int> Failing => [.. _lanes.Where(lane => lane.Failures > 0).Select(lane => lane.Shard)];

    /// <inheritdoc cref="FailoverView.IsSweeping"/>
    public bool IsSweeping => _lanes.Count(lane => lane is { InFlight: ShardCall.Promote, Failures: 0 }) * 2 >=
        Math.Min(_options.ShardsInFlightMax, _lanes.Length);

    private int Shares => _options.ShardsInFlightMax * SharersMax;

    /// <summary>Every shard is to have this grant, whether or not anything is swept there.</summary>
    public void RequireEverywhere(Token token)
    {
        foreach (var lane in _lanes) lane.Required = token;
    }

    /// <summary>
    /// Another may hold the election: nothing is owed to any shard, nothing is known of its grants, and what was
    /// wrong there is the other's to see.
    /// </summary>
    public void Forget()
    {
        foreach (var lane in _lanes)
        {
            lane.Trouble = null;
            lane.Required = Token.None;
            lane.Installed = Token.None;
            lane.IsMidPass = false;
        }
    }

    /// <summary>The directory is gone or another one: no shard of this one was opened yet.</summary>
    public void Close()
    {
        foreach (var lane in _lanes) lane.IsOpen = false;
    }

    public ShardLane End(ShardCall call)
    {
        var lane = _lanes[call.Shard];
        Invariant.Holds(lane.InFlight == call);
        lane.InFlight = null;
        lane.Share = 0;
        return lane;
    }

    public void Failed(ShardLane lane, string why, Instant now)
    {
        lane.Failures++;
        lane.Trouble = why;
        lane.IsMidPass = false;
        lane.NotBefore = now + _backoff.After(lane.Failures);
    }

    /// <summary>The calls that may begin now.</summary>
    public ImmutableArray<ShardCall> Dispatch(ShardWork work, Instant now)
    {
        var calls = ImmutableArray.CreateBuilder<ShardCall>();
        var taken = _lanes.Sum(lane => lane.Share);
        var retrying = _lanes.Count(lane => lane is { Share: > 0, Failures: > 0 });

        foreach (var lane in _lanes)
        {
            if (IsIdle(lane) && lane.Failures == 0 && work.IsGrantDue(lane)) TryBegin(lane, isPlaced: false);
        }

        // What was begun goes on first: of few shards at a time Redis finds again in the processor's caches what the
        // call before looked at, and a pass over a shard has an end. A lane that failed takes its turn again.
        foreach (var lane in _lanes)
        {
            if (lane is { IsMidPass: true, Failures: 0 }) TryPlace(lane);
        }

        // The next one to begin is the next in turn, so no shard waits for ever.
        for (var (step, first) = (0, _first); step < _lanes.Length; step++)
        {
            var lane = _lanes[(first + step) % _lanes.Length];
            if (TryPlace(lane)) _first = (lane.Shard + 1) % _lanes.Length;
        }

        return calls.ToImmutable();

        bool IsIdle(ShardLane lane) => lane.InFlight is null && now >= lane.NotBefore;

        bool TryPlace(ShardLane lane)
        {
            // Whoever's turn it is begins while there is any room, or shares would overtake those that need a place.
            if (taken >= Shares || !IsIdle(lane)) return false;
            if (lane.Failures > 0 && retrying >= _options.ShardsInFlightMax / 2) return false;
            if (!TryBegin(lane, isPlaced: true)) return false;

            taken += lane.Share;
            if (lane.Failures > 0) retrying++;
            return true;
        }

        bool TryBegin(ShardLane lane, bool isPlaced)
        {
            if (work.CallFor(lane, now) is not { } call) return false;
            (lane.InFlight, lane.Share) = (call, !isPlaced ? 0 : lane.Failures > 0 ? SharersMax : work.ShareOf(call));
            calls.Add(call);
            return true;
        }
    }

    /// <summary>When a lane that is idle has something to do again; null when none has.</summary>
    public Instant? WakeAt(ShardWork work, Instant now)
    {
        // With all places taken the next end of a call wakes the machine.
        if (_lanes.Sum(lane => lane.Share) >= Shares) return null;

        Instant? first = null;
        var isCrowded = _lanes.Count(lane => lane is { Share: > 0, Failures: > 0 }) >=
            _options.ShardsInFlightMax / 2;
        foreach (var lane in _lanes)
        {
            if (lane.InFlight is not null || (isCrowded && lane.Failures > 0)) continue;
            if (work.DueAt(lane, now) is not { } due) continue;
            var at = Instant.Max(due, lane.NotBefore);
            first = first is { } known ? Instant.Min(known, at) : at;
        }

        return first;
    }
}

/// <summary>What is known of one shard.</summary>
internal sealed class ShardLane(int shard)
{
    public int Shard => shard;

    public ShardCall? InFlight { get; set; }

    /// <summary>
    /// What the call takes of a place, of which there are so many: up to <see cref="ShardLanes.SharersMax"/>, which is
    /// a whole one; 0 where it needs none.
    /// </summary>
    public int Share { get; set; }

    /// <summary>Whether the shard was opened by this machine for the directory that is being created.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The grant that the shard confirmed; <see cref="Token.None"/> while unknown.</summary>
    public Token Installed { get; set; }

    /// <summary>The grant that the shard is to have even if nothing is swept there.</summary>
    public Token Required { get; set; }

    /// <summary>Calls that failed in a row.</summary>
    public int Failures { get; set; }

    /// <summary>What the last failure was; null once a call has succeeded.</summary>
    public string? Trouble { get; set; }

    public Instant NotBefore { get; set; }

    /// <summary>Whether the last promotion left something for the next one to go on with.</summary>
    public bool IsMidPass { get; set; }

    /// <summary>The sweep served last, so that several take turns.</summary>
    public long LastSweep { get; set; }

    public void Succeeded()
    {
        Failures = 0;
        Trouble = null;
    }
}
