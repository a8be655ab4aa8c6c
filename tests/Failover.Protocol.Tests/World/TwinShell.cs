using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests.World;

/// <summary>
/// The shell of one machine on a <see cref="TwinWorld"/>: carries every output out at once (or when the shard lets it)
/// and tells a journal what it did. It also checks what must hold of every output, whatever the test is about.
/// </summary>
internal sealed partial class TwinShell
{
    /// <summary>Calls for small shards that may share one of <c>Failover:ShardsInFlightMax</c> places.</summary>
    private const int SharersMax = 8;

    private readonly TwinWorld _world;
    private readonly Action<string> _journal;
    private readonly Queue<FailoverInput> _inputs = new();
    private readonly List<ShardCall> _waiting = [];
    private readonly List<ShardCall> _late = [];

    /// <summary>Calls whose end the machine has not heard of.</summary>
    private readonly List<ShardCall> _inFlight = [];

    /// <summary>The clusters whose sweep was said to have started, and is not over.</summary>
    private readonly HashSet<ClusterId> _started = [];
    private readonly HashSet<ClusterId> _promoted = [];
    private int _inFlightMax;
    private FailoverInput? _lateAnswer;
    private Token _held;
    private Token _seen;
    private Instant _now;

    public TwinShell(TwinWorld world, string cluster, FailoverOptions options, Action<string> journal)
    {
        (_world, _journal) = (world, journal);
        Cluster = new ClusterId(cluster);
        Election = ElectionName.Failover(Cluster);
        _inFlightMax = options.ShardsInFlightMax;
        Machine = new FailoverMachine(Cluster, world.Shards.Length, options, new Random(7));
    }

    public ClusterId Cluster { get; }

    public ElectionName Election { get; }

    public FailoverMachine Machine { get; private set; }

    public Instant? WakeAt { get; private set; }

    public List<Notice> Notices { get; } = [];

    /// <summary>Its process is stopped: it does nothing, and finds all that came meanwhile when it goes on.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Consensus raises its token, and its answer takes its time.</summary>
    public bool IsAnsweredLate { get; set; }

    /// <summary>What took its time is answered.</summary>
    public void Answer()
    {
        IsAnsweredLate = false;
        if (_lateAnswer is { } answer) _inputs.Enqueue(answer);
        _lateAnswer = null;
    }

    public void Elect()
    {
        _held = _world.Mint();
        _world.Holders[Cluster] = _held;
        _inputs.Enqueue(new FailoverInput.GrantHeld(_held));
    }

    public void Depose()
    {
        _held = Token.None;
        _world.Holders.Remove(Cluster);
        _inputs.Enqueue(new FailoverInput.GrantLost());
    }

    /// <summary>
    /// Another session is granted the election, and its grant is on every shard, before this one hears of it.
    /// </summary>
    public void Usurp()
    {
        var token = _world.Mint();
        _world.Holders[Cluster] = token;
        foreach (var shard in _world.Shards) shard.Grant(token, Election);
    }

    public void Hint() => _inputs.Enqueue(new FailoverInput.Hint());

    public void Tick() => _inputs.Enqueue(new FailoverInput.Tick());

    /// <summary>Everything in memory is gone; what was called is not called back.</summary>
    public void Restart(FailoverOptions options)
    {
        Machine = new FailoverMachine(Cluster, _world.Shards.Length, options, new Random(7));
        _inFlightMax = options.ShardsInFlightMax;
        _seen = Token.None;
        _lateAnswer = null;
        _started.Clear();
        _promoted.Clear();
        _inFlight.Clear();
        _late.AddRange(_waiting);
        _waiting.Clear();
        Depose();
        _inputs.Clear();
        Tick();
    }

    /// <summary>Calls that waited for a shard are carried out now.</summary>
    public void Release(int shard)
    {
        foreach (var call in _waiting.Where(call => call.Shard == shard).ToArray())
        {
            _waiting.Remove(call);
            End(call);
        }
    }

    /// <summary>The machine hears no answer in time; the calls are still on their way.</summary>
    public void TimeOut(int shard)
    {
        foreach (var call in _waiting.Where(call => call.Shard == shard).ToArray())
        {
            _waiting.Remove(call);
            _late.Add(call);
            _inputs.Enqueue(new FailoverInput.CallEnded(call, new CallResult.Failed("no answer in time")));
        }
    }

    /// <summary>Calls whose caller has given up arrive after all.</summary>
    public void Deliver(int shard)
    {
        foreach (var call in _late.Where(call => call.Shard == shard).ToArray())
        {
            _late.Remove(call);
            _journal($"late {Describe(call, _world.Shards[shard].Carry(call, Election, _now))}");
        }
    }

    /// <summary>Works until there is nothing to do at this instant.</summary>
    public void Settle(Instant now)
    {
        _now = now;
        while (!IsFrozen && _inputs.TryDequeue(out var input))
        {
            if (input is FailoverInput.CallEnded { Call: var ended }) _inFlight.Remove(ended);
            var output = Machine.Step(input, now);
            WakeAt = output.WakeAt;
            Carry(output, now);
        }
    }

    private void Carry(FailoverOutput output, Instant now)
    {
        ForgetSweepsOfAnEarlierLife();
        foreach (var notice in output.Notices)
        {
            Notices.Add(notice);
            _journal(Describe(notice));
            MustBeInOrder(notice);
        }

        var sweeps = Machine.View().Clusters.Where(cluster => cluster.Phase is "Promoting" or "Promoted");
        _started.IntersectWith(sweeps.Select(cluster => cluster.Cluster));

        if (output.AdvanceElection) Advance();
        if (output.Define is { } write)
        {
            _journal($"define {write}");
            _world.Define(write);
            _inputs.Enqueue(new FailoverInput.DefinitionEnded());
        }

        foreach (var call in output.Calls)
        {
            MustBeAllowed(call);
            if (_world.Shards[call.Shard].Holds(call)) _waiting.Add(call);
            else End(call);
        }

        if (!output.Observe) return;
        if (_world.IsDeaf) _inputs.Enqueue(new FailoverInput.ObserveFailed());
        else Observe(_world.Observe(now));
    }

    private void Observe(Observation world)
    {
        if (world.Horizon > _seen) _seen = world.Horizon;
        _inputs.Enqueue(new FailoverInput.Observed(world));
    }

    private void Advance()
    {
        var isHolder = _held != Token.None && _held == _world.Holders.GetValueOrDefault(Cluster);
        if (_world.IsDeaf || _world.HasNoQuorum || !isHolder)
        {
            _journal("advance failed");
            _inputs.Enqueue(new FailoverInput.AdvanceFailed());
            if (!_world.IsDeaf && !_world.HasNoQuorum && _held != Token.None) LoseQuietly();
            return;
        }

        _held = _world.Mint();
        _world.Holders[Cluster] = _held;
        _journal($"advance to {_held.Index}");
        var answer = new FailoverInput.Advanced(_held);
        if (IsAnsweredLate) _lateAnswer = answer;
        else _inputs.Enqueue(answer);
    }

    private void LoseQuietly()
    {
        _held = Token.None;
        _inputs.Enqueue(new FailoverInput.GrantLost());
    }

    private void End(ShardCall call)
    {
        var result = _world.Shards[call.Shard].Carry(call, Election, _now);
        if (call is not ShardCall.Count) _journal(Describe(call, result));
        _inputs.Enqueue(new FailoverInput.CallEnded(call, result));
    }

    /// <summary>Whether it sweeps, and on which shards its calls hang.</summary>
    public string DescribeSweep() => (Machine.View().IsSweeping ? "sweeping" : "not sweeping") +
        (_waiting.Count == 0 ? "" : $", calls hang on {string.Join(' ', _waiting.Select(call => call.Shard))}");

    // A cluster died again, and was not seen alive in between.
    private void ForgetSweepsOfAnEarlierLife()
    {
        var clusters = Machine.View().Clusters;
        var promoting = clusters.Where(one => one.Phase == "Promoting").Select(one => one.Cluster);
        _started.ExceptWith(promoting.Where(_promoted.Contains));
        _promoted.Clear();
        _promoted.UnionWith(clusters.Where(one => one.Phase == "Promoted").Select(one => one.Cluster));
    }

    private void MustBeInOrder(Notice notice)
    {
        switch (notice)
        {
            case Notice.Started started:
                _started.Add(started.Cluster).ShouldBeTrue("A start is said once.");
                break;
            case Notice.Completed or Notice.Cancelled:
                _started.ShouldContain(notice.Cluster, "What ends was said to have started.");
                if (notice is Notice.Cancelled) _started.Remove(notice.Cluster);
                break;
            default:
                break;
        }
    }

    // What must hold of every call. The twin shard would only answer it with a refusal.
    private void MustBeAllowed(ShardCall call)
    {
        Machine.View().IsHeld.ShouldBeTrue("Nothing is called without holding the election.");
        call.Token.ShouldBe(Machine.View().Token, "Every call is made under the newest token.");
        _inFlight.Exists(other => other.Shard == call.Shard).ShouldBeFalse("A lane makes one call at a time.");
        _inFlight.Add(call);
        _inFlight.Count(other => other is not ShardCall.InstallGrant)
            .ShouldBeLessThanOrEqualTo(
                _inFlightMax * SharersMax, "Only so many shards are worked on at once.");
        if (call is not ShardCall.Promote promote) return;

        Machine.View().Shards[call.Shard].Installed.ShouldBe(
            call.Token, "A shard confirmed the token before anything is promoted under it.");
        _started.ShouldContain(promote.From, "The start is said before anything is promoted.");
        _seen.ShouldBeGreaterThanOrEqualTo(call.Token, "An observation reached the token before it is used.");
        var incident = Machine.View().Clusters.Single(cluster => cluster.Cluster == promote.From).Incident;
        incident.ShouldNotBeNull("Only an unreachable cluster is promoted away from.");
        incident.Fenced.ShouldAllBe(node => node.Fence!.Token < call.Token);
        incident.Decisive.Token.ShouldBeLessThan(call.Token);
    }
}
