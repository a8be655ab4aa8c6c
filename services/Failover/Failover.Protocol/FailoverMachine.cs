using System.Collections.Immutable;
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
public sealed partial class FailoverMachine
{
    private const int ClustersCountedMax = 500;

    private const string NoToken = "Consensus gives the sweep no token: it does not answer, or has no quorum.";

    private readonly ClusterId _self;
    private readonly int _shards;
    private readonly FailoverOptions _options;
    private readonly Grant _grant;
    private readonly NoticeBoard _board;
    private readonly ShardLanes _lanes;
    private readonly ShardWork _work;
    private readonly Lookout _lookout;
    private readonly Survey _survey;
    private readonly Brake _brake;
    private readonly SortedDictionary<ClusterId, ClusterWatch> _watches = [];
    private Observation? _world;
    private bool _isDefining;
    private Instant? _definedAt;
    private Instant _now;
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
        _brake = new Brake(options.BrakeShare, options.BrakeWindow);
        var interval = _brake.IsOn && options.BrakeWindow > options.CheckInterval
            ? options.BrakeWindow
            : options.CheckInterval;
        _survey = new Survey(shards, interval, options.CheckInterval);
        _work = new ShardWork(_grant, _survey, _brake, shards);
        _lookout = new Lookout(options.CheckInterval, backoff);
    }

    /// <summary>Takes one input and says what to do now.</summary>
    public FailoverOutput Step(FailoverInput input, Instant now)
    {
        _now = now;
        Take(input, now);
        _version++;
        _work.Serve([.. Sweeps.OrderBy(sweep => sweep.Number)]);
        _lookout.GraceOverAt = GraceOverNext();
        Count(now);
        _brake.GrainsTotal = _survey.Grains?.Values.Sum();
        var calls = _lanes.Dispatch(_work, now);
        TellBraked(now);
        var output = new FailoverOutput
        {
            Observe = _lookout.TryLook(now),
            ObserveFrom = _world is { } known && known.Horizon > _grant.Token ? known.Horizon : _grant.Token,
            AdvanceElection = _grant.TryAdvance(now),
            Define = NextDefinition(),
            Calls = calls,
            Notices = _board.Take(),
        };
        return output with { WakeAt = Earliest(_lookout.WakeAt, _grant.WakeAt, _lanes.WakeAt(_work, now)) };
    }

    /// <inheritdoc cref="FailoverView.Version"/>
    public ulong Version => _version;

    /// <summary>How things stand, for people and metrics.</summary>
    public FailoverView View() => new()
    {
        Version = _version,
        Cluster = _self,
        IsHeld = _grant.IsHeld,
        Token = _grant.Token,
        IsSweeping = _lanes.IsSweeping,
        AppliedIndex = _world?.AppliedIndex,
        Directory = _world?.Directory,
        Floors = _world?.Floors ?? ImmutableDictionary<int, Token>.Empty,
        DirectoryProblem = DirectoryProblem(),
        LayoutProblem = _world?.LayoutProblem,
        Refused = _refused,
        World = _world,
        Owners = _survey.Owners,
        BrakeRoom = _brake.IsOn ? _brake.Room(_now) : null,
        Holders = _world?.Holders ?? [],
        Clusters = [.. _watches.Values.Select(Describe)],
        Shards = [.. _lanes.All.Select(lane => new ShardView(lane.Shard, lane.Installed, lane.Failures, lane.Trouble))],
    };

    /// <summary>
    /// What would be done by the observation of a view, about one cluster or all that are watched; may be asked by any
    /// thread.
    /// </summary>
    public ImmutableArray<FailoverPlan> Plan(FailoverView view, ClusterId? about) =>
        FailoverPlan.Of(view, _options, about);

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
                _survey.ForgetAll();
                break;
            case FailoverInput.Advanced advanced:
                _grant.Advanced(advanced.Token, now);
                TokenRaised(now);
                break;
            case FailoverInput.AdvanceFailed:
                _grant.AdvanceFailed(now);
                StepAll(new ClusterInput.HeldUp(RefusalReason.NoQuorum, NoToken), now);
                break;
            case FailoverInput.Renew:
                _grant.Seal();
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

        // What was observed before is not what a new holder may act on. And a late call of the holder before, or of
        // this one before it lost the election, must not act any more: the token is installed everywhere.
        _lookout.Hurry();
        TokenRaised(now);
    }

    private void TokenRaised(Instant now)
    {
        if (!_grant.IsHeld) return;
        StepAll(new ClusterInput.TokenRaised(), now);
        if (IsAnyUnconfirmed()) _lookout.Hurry();

        // Everywhere, whatever it is wanted for: a seal and the shards that lost their grants need no less, and a sweep
        // has it installed while it waits for the observation that confirms it.
        _lanes.RequireEverywhere(_grant.Token);
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
        _grant.StandAbove(world.Floors.Values);

        // Whether the definition was written shows only in what was asked for after the write.
        if (world.AskedAt >= _definedAt) (_isDefining, _definedAt) = (false, null);

        var judgement = new Judgement(_self, _grant.IsHeld, world, _options, _survey.IsStuck, _survey.Owners)
        {
            DirectoryProblem = DirectoryProblem(),
        };
        foreach (var cluster in judgement.Watched)
        {
            if (!_watches.ContainsKey(cluster))
                _watches.Add(cluster, new ClusterWatch(cluster, _shards, _grant, _board, _survey));
        }

        foreach (var watch in _watches.Values)
        {
            var before = watch.Incident;
            watch.Step(judgement.Of(watch.Cluster), now);

            // Who got nowhere in a failure that is over has not been asked in the next.
            if (watch.Incident is not { } incident || (before is not null && incident.FollowsNewLife(before)))
                _survey.Forget(watch.Cluster);
        }

        // A cluster that Consensus knows nothing of any more is none to watch.
        var watched = judgement.Watched.ToHashSet();
        foreach (var gone in _watches.Values.Where(watch => watch.Incident is null).ToArray())
        {
            if (!watched.Contains(gone.Cluster)) _watches.Remove(gone.Cluster);
        }
    }

    private IEnumerable<Sweep> Sweeps => _watches.Values.Select(watch => watch.Sweep).OfType<Sweep>();

    private string? DirectoryProblem() => _world?.Directory is { } definition && definition.Shards != _shards
        ? $"The directory was created with {definition.Shards} shards, and Directory:Shards is {_shards}."
        : null;

    private Instant? GraceOverNext() => _grant.IsHeld
        ? _watches.Values
            .Select(watch => watch.Phase is Phase.PrimaryUnreachable phase ? phase.Incident.DueAt : (Instant?)null)
            .Where(due => due > _lookout.AskedAt)
            .Min()
        : null;

    private RefusalReason? Unknown(ClusterWatch watch) =>
        watch.Incident is null && _world is { } world &&
        Judgement.IsNobodyKnown(watch.Cluster, world, _survey.Owners)
            ? RefusalReason.NobodyKnown
            : null;

    private ClusterView Describe(ClusterWatch watch) => new()
    {
        Cluster = watch.Cluster,
        Phase = watch.Phase.GetType().Name,
        Incident = watch.Incident,
        Refused = watch.Phase.Reason ?? Unknown(watch),
        Grains = _survey.Grains?.GetValueOrDefault(watch.Cluster),
        IsStuck = _survey.IsStuck(watch.Cluster),
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
