using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// Failover as a pure function of what it hears: it watches clusters through Consensus' snapshot and, as the holder of
/// <c>failover/&lt;its cluster&gt;</c>, moves what a dead cluster owned to its own. Nothing here waits: whatever takes
/// time is an output, and its end an input, so one slow sweep holds up neither the watching of other clusters nor the
/// stop.
/// </summary>
/// <remarks>
/// Why a promotion can never act late: it is made under the election's token, the directory compares it with the grant
/// installed on the shard, and whoever comes after (the successor, or this one after a cancelled or finished sweep)
/// installs a higher one. Why it beats every claim of a fenced session: a sweep advances the token first, and a fenced
/// session is never given another. Why it never moves a living cluster's grains on an old word: it waits until somebody
/// who has applied the token's own entry calls the cluster unreachable.
/// </remarks>
public sealed class FailoverMachine
{
    private readonly ClusterId _self;
    private readonly int _shards;
    private readonly FailoverOptions _options;
    private readonly Grant _grant;
    private readonly NoticeBoard _board;
    private readonly ShardLanes _lanes;
    private readonly ShardWork _work;
    private readonly Lookout _lookout;
    private readonly SortedDictionary<ClusterId, ClusterWatch> _watches = [];
    private Observation? _world;
    private bool _isDefining;
    private Instant? _definedAt;
    private ulong _version;
    private long _refused;

    /// <param name="self">The cluster that takes over.</param>
    /// <param name="shards">How many shards the directory is configured to have.</param>
    /// <param name="options">Validated by the shell.</param>
    /// <param name="random">Seeded; only pauses after failures are drawn from it.</param>
    public FailoverMachine(ClusterId self, int shards, FailoverOptions options, Random random)
    {
        Invariant.Holds(shards > 0);
        _self = self;
        _shards = shards;
        _options = options;
        var backoff = new Backoff(options.BackoffMin, options.BackoffMax, random);
        _grant = new Grant(backoff);
        _board = new NoticeBoard(_grant);
        _lanes = new ShardLanes(shards, options, backoff);
        _work = new ShardWork(_grant, shards);
        _lookout = new Lookout(options.CheckInterval, backoff);
    }

    /// <summary>Takes one input and says what to do now.</summary>
    public FailoverOutput Step(FailoverInput input, Instant now)
    {
        Take(input, now);
        _version++;
        _work.Serve([.. _watches.Values.Select(watch => watch.Sweep).OfType<Sweep>().OrderBy(sweep => sweep.Number)]);
        _lookout.GraceOverAt = GraceOverNext();
        var output = new FailoverOutput
        {
            Observe = _lookout.TryLook(now),
            ObserveFrom = _world is { } known && known.Horizon > _grant.Token ? known.Horizon : _grant.Token,
            AdvanceElection = _grant.TryAdvance(now),
            Define = NextDefinition(),
            Calls = _lanes.Dispatch(_work, now),
            Notices = _board.Take(),
        };
        return output with { WakeAt = Earliest(_lookout.WakeAt, _grant.WakeAt, _lanes.WakeAt(_work)) };
    }

    /// <summary>How things stand, for people and metrics.</summary>
    public FailoverView View() => new()
    {
        Version = _version,
        Cluster = _self,
        IsHeld = _grant.IsHeld,
        Token = _grant.Token,
        AppliedIndex = _world?.AppliedIndex,
        Directory = _world?.Directory,
        DirectoryProblem = DirectoryProblem(),
        LayoutProblem = _world?.LayoutProblem,
        Refused = _refused,
        Holders = _world?.Holders ?? [],
        Clusters = [.. _watches.Values.Select(Describe)],
        Shards = [.. _lanes.All.Select(lane => new ShardView(lane.Shard, lane.Installed, lane.Failures, lane.Trouble))],
    };

    private void Take(FailoverInput input, Instant now)
    {
        switch (input)
        {
            case FailoverInput.Tick:
                break;
            case FailoverInput.Hint:
                _lookout.Hurry();
                break;
            case FailoverInput.Observed observed:
                Judge(observed.World, now);
                _lookout.Ended(IsAnyUnconfirmed(), now);
                break;
            case FailoverInput.ObserveFailed:
                _lookout.Ended(IsAnyUnconfirmed(), now);
                break;
            case FailoverInput.GrantHeld held:
                Hold(held.Token, now);
                break;
            case FailoverInput.GrantLost:
                _grant.Lose();
                _lanes.Forget();
                StepAll(new ClusterInput.GrantLost(), now);
                break;
            case FailoverInput.Advanced advanced:
                _grant.Advanced(advanced.Token);
                TokenRaised(now);
                break;
            case FailoverInput.AdvanceFailed:
                _grant.AdvanceFailed(now);
                break;
            case FailoverInput.CallEnded ended:
                End(ended.Call, ended.Result, now);
                break;
            case FailoverInput.DefinitionEnded:
                _definedAt = now;
                _lookout.Hurry();
                break;
            default:
                throw new InvariantViolatedException(input.GetType().Name);
        }
    }

    private void Hold(Token token, Instant now)
    {
        var wasHeld = _grant.IsHeld;
        _grant.Hold(token);
        if (wasHeld || !_grant.IsHeld) return;

        // A late call of the holder before, or of this one before it lost the election, must not act any more; and
        // what was observed before is not what a new holder may act on.
        _lanes.RequireEverywhere(_grant.Token);
        _lookout.Hurry();
        TokenRaised(now);
    }

    private void TokenRaised(Instant now)
    {
        if (!_grant.IsHeld) return;
        StepAll(new ClusterInput.TokenRaised(), now);
        if (IsAnyUnconfirmed()) _lookout.Hurry();
        if (_grant.TrySeal()) _lanes.RequireEverywhere(_grant.Token);
    }

    private void StepAll(ClusterInput input, Instant now)
    {
        foreach (var watch in _watches.Values) watch.Step(input, now);
    }

    // A token is new, and no observation yet that reaches it says that its cluster is unreachable.
    private bool IsAnyUnconfirmed() =>
        _watches.Values.Any(watch => watch.Sweep is { } sweep && sweep.IsUnconfirmed(_grant.Token));

    private void Judge(Observation world, Instant now)
    {
        // Voters apply at their own pace: what is behind an observation already seen is history.
        if (_world is { } known && world.Horizon < known.Horizon) return;
        _world = world;

        // Deleted, or begun anew meanwhile: what was opened was another directory.
        if (world.Directory?.Floor != _work.Directory?.Floor) _lanes.Close();
        _work.Directory = world.Directory;

        // Whether the definition was written shows only in what was asked for after the write.
        if (world.AskedAt >= _definedAt) (_isDefining, _definedAt) = (false, null);

        var judgement = new Judgement(_self, _grant.IsHeld, world, _options);
        foreach (var cluster in judgement.Watched)
        {
            if (!_watches.ContainsKey(cluster))
                _watches.Add(cluster, new ClusterWatch(cluster, _shards, _grant, _board));
        }

        foreach (var watch in _watches.Values) watch.Step(judgement.Of(watch.Cluster), now);
    }

    private void End(ShardCall call, CallResult result, Instant now)
    {
        var lane = _lanes.End(call);
        var watch = call is ShardCall.Promote promote
            ? _watches.Values.FirstOrDefault(candidate => candidate.Sweep?.Number == promote.Sweep)
            : null;
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
            case (ShardCall.Promote, CallResult.Batch batch):
                lane.Succeeded();
                Promoted(watch, call, batch, now);
                break;
            case (_, CallResult.Refused refused):
                _refused++;
                lane.Installed = Token.None;
                FailSweeps(call.Shard, now);
                if (refused.Bound > _grant.Token) _grant.Doubt(refused.Bound);
                else if (refused.Bound > call.Token) lane.Succeeded(); // Overtaken by a newer token of our own.
                else _lanes.Failed(lane, $"the grant was refused: {refused.Bound} is asked for", now);
                break;
            case (_, CallResult.Failed failed):
                _lanes.Failed(lane, failed.Why, now);
                FailSweeps(call.Shard, now);
                break;
            default:
                throw new InvariantViolatedException($"{result.GetType().Name} of {call.GetType().Name}");
        }
    }

    private void FailSweeps(int shard, Instant now)
    {
        foreach (var sweep in _watches.Values.Select(candidate => candidate.Sweep).OfType<Sweep>())
        {
            if (sweep.Wants(shard, now)) sweep.Fail(shard);
        }
    }

    private void Promoted(ClusterWatch? watch, ShardCall call, CallResult.Batch batch, Instant now)
    {
        // The answer of a sweep that was cancelled meanwhile: what it moved stays moved, and is told by the directory.
        if (watch?.Sweep is not { } sweep) return;
        sweep.Take(call.Shard, batch, now, _options.CheckInterval);

        // Somebody of the dead cluster has a newer token than this sweep: the next pass needs a newer one still.
        if (batch is { Newer: > 0, Next: null }) _grant.WantAbove(call.Token);
        watch.Step(new ClusterInput.Progressed(), now);
    }

    private DefinitionWrite? NextDefinition()
    {
        if (_isDefining || !_grant.IsUsable || _world is not { } world) return null;
        DefinitionWrite? write = world.Directory switch
        {
            null => DefinitionWrite.BeginCreation,
            { Created: false } definition when definition.Shards == _shards && _lanes.AreAllOpen =>
                DefinitionWrite.EndCreation,
            _ => null,
        };
        _isDefining = write is not null;
        return write;
    }

    private string? DirectoryProblem() => _world?.Directory is { } definition && definition.Shards != _shards
        ? $"The directory was created with {definition.Shards} shards, and Directory:Shards is {_shards}."
        : null;

    private Instant? GraceOverNext() => _grant.IsHeld
        ? _watches.Values
            .Select(watch => watch.Phase is Phase.PrimaryUnreachable phase ? phase.Incident.DueAt : (Instant?)null)
            .Where(due => due > _lookout.AskedAt)
            .Min()
        : null;

    private ClusterView Describe(ClusterWatch watch) => new()
    {
        Cluster = watch.Cluster,
        Phase = watch.Phase.GetType().Name,
        Incident = watch.Incident,
        Refused = (watch.Phase as Phase.PrimaryUnreachable)?.Refused,
        LastNotice = _board.LastOf(watch.Cluster),
        Figures = watch.Sweep?.Figures,
        CleanShards = watch.Sweep?.CleanShards,
    };

    private static Instant? Earliest(params ReadOnlySpan<Instant?> instants)
    {
        Instant? first = null;
        foreach (var instant in instants)
        {
            if (instant is { } at && (first is null || at < first)) first = at;
        }

        return first;
    }
}
