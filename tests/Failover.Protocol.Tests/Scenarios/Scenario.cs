using System.Globalization;
using System.Text;
using Holdfast.Failover.Protocol.Tests.World;
using Holdfast.Primitives;
using Holdfast.Scenarios;

namespace Holdfast.Failover.Protocol.Tests.Scenarios;

/// <summary>
/// Runs the commands of a scenario file on a <see cref="TwinWorld"/>.
/// </summary>
/// <remarks>
/// <c>world shards=2 grace=10 check=5 inflight=8</c> makes the world, with the directory created (<c>defined=4</c>:
/// with so many shards by its definition); <c>failover
/// west</c> starts a Failover; <c>live e1 east [generation]</c>, <c>fence e1 silence [secondsAgo]</c>, <c>grains east
/// shard count</c>, <c>claim east shard</c> (one grain under a token newer than all), <c>elect west</c>, <c>depose
/// west</c>, <c>restart west</c>, <c>usurp west</c> (another session is granted west's election and installs itself),
/// <c>granted 0 west 9</c> (the shard has a grant of west's election that nobody gave),
/// <c>hint west</c>, <c>pause east</c>, <c>resume east</c>, <c>layout text</c> or <c>layout</c>, <c>silence
/// shard</c>, <c>heal shard</c>, <c>hold shard [promotions]</c>, <c>release shard</c>, <c>timeout shard</c> (held
/// calls are given up), <c>deliver shard</c> (and arrive all the same), <c>uncreated</c> (no directory yet, or no
/// more), <c>deaf</c>, <c>hearing</c>, <c>behind</c> (the voter that is asked is cut off), <c>abreast</c>,
/// <c>rebuilt</c> (Consensus begins again at the first index), <c>run seconds</c>, <c>owners</c>, <c>phases</c>,
/// <c>gauges</c> (refused, stranded), <c>sweeping west</c> (and where), <c>uncounted shard</c> (its counts fail),
/// <c>counted shard</c>, <c>promoted shard count</c> (says its meta, by hand);
/// <c>world ... brake=25 window=60</c> (a quarter of the grains a minute), <c>world ... share=60</c> (of the nodes must
/// be fenced), <c>type ledger west north</c> (where the type may live), <c>grains east shard count type</c>,
/// <c>leased east shard count</c>, <c>ended</c> (the sessions of the leases), <c>force east west</c>,
/// <c>unseen e1 east silence</c> (fenced, and never had a session), <c>known e1 east</c> (without a session, and not
/// fenced), <c>program south</c>, <c>ended south</c> (a session that names no node is opened, and over),
/// <c>minority</c> (Consensus answers, and commits nothing), <c>majority</c>, <c>freeze west</c> (its process is
/// stopped, its session kept alive), <c>thaw west</c>, <c>unanswered west</c> (Consensus raises its token, and the
/// answer is long on its way), <c>answered west</c>.
/// </remarks>
internal sealed partial class Scenario
{
    private readonly StringBuilder _said = new();
    private readonly SortedDictionary<string, TwinShell> _shells = new(StringComparer.Ordinal);
    private TwinWorld _world = new(1);
    private FailoverOptions _options = new();

    // Far from the start of the clock, so that fences of long ago have an instant too.
    private Instant _now = Instant.Zero + TimeSpan.FromHours(10);

    /// <summary>The file as it should read: its commands, each block with what it said.</summary>
    public static string Play(string file)
    {
        var scenario = new Scenario();
        return Story.Play(file, scenario.Do, scenario._said);
    }

    private void Do(string[] words)
    {
        if (!DoToWorld(words) && !DoToConsensus(words) && !DoToFailover(words) && !DoToShard(words))
            throw new FormatException($"'{string.Join(' ', words)}' is no command of a scenario.");
    }

    private bool DoToWorld(string[] words)
    {
        switch (words)
        {
            case ["world", .. var options]:
                Create(options);
                return true;
            case ["live", var node, var cluster, .. var generation]:
                var boot = new Generation(generation.Length > 0 ? U(generation[0]) : 1);
                _world.Live(new NodeId(node), new ClusterId(cluster), boot);
                return true;
            case ["fence", var node, var cause, .. var ago]:
                var at = _now - TimeSpan.FromSeconds(ago.Length > 0 ? U(ago[0]) : 0);
                _world.Fence(new NodeId(node), Enum.Parse<FenceCause>(cause, ignoreCase: true), at);
                return true;
            case ["pause", var cluster]:
                return _world.Paused.Add(new ClusterId(cluster));
            case ["resume", var cluster]:
                return _world.Paused.Remove(new ClusterId(cluster));
            case ["layout", .. var problem]:
                _world.LayoutProblem = problem.Length > 0 ? string.Join(' ', problem) : null;
                return true;
            case ["uncreated"]:
                _world.Directory = null;
                foreach (var shard in _world.Shards) shard.IsOpen = false;
                return true;
            case ["deaf" or "hearing"]:
                _world.IsDeaf = words[0] == "deaf";
                return true;
            case ["behind" or "abreast"]:
                _world.IsBehind = words[0] == "behind";
                return true;
            case ["rebuilt"]:
                _world.Rebuild();
                return true;
            case ["run", var seconds]:
                Run(double.Parse(seconds, CultureInfo.InvariantCulture));
                return true;
            default:
                return false;
        }
    }

    private bool DoToConsensus(string[] words)
    {
        switch (words)
        {
            case ["type", var type, .. var allowed]:
                _world.GrainTypes.RemoveAll(rule => rule.Type == type);
                if (allowed.Length > 0)
                    _world.GrainTypes.Add(new TypeRule(type, [.. allowed.Select(cluster => new ClusterId(cluster))]));
                return true;
            case ["force", var from, var to]:
                _world.Forced.Add(new ForceOrder(
                    new ClusterId(from), new ClusterId(to), _world.Mint(), "ann", "the site burns", _now));
                return true;
            case ["known", var node, var cluster]:
                _world.Known(new NodeId(node), new ClusterId(cluster));
                return true;
            case ["unseen", var node, var cluster, var cause]:
                _world.FenceUnseen(
                    new NodeId(node),
                    new ClusterId(cluster),
                    Enum.Parse<FenceCause>(cause, ignoreCase: true),
                    _now);
                return true;
            case ["program" or "ended", var cluster]:
                if (words[0] == "ended") return _world.Nameless.Remove(new ClusterId(cluster));
                _world.NamelessTokens[new ClusterId(cluster)] = _world.Mint();
                return _world.Nameless.Add(new ClusterId(cluster));
            case ["minority" or "majority"]:
                _world.HasNoQuorum = words[0] == "minority";
                return true;
            default:
                return false;
        }
    }

    private bool DoToFailover(string[] words)
    {
        switch (words)
        {
            case ["failover", var cluster]:
                _shells.Add(cluster, new TwinShell(_world, cluster, _options, what => Say($"{cluster}: {what}")));
                _shells[cluster].Tick();
                return true;
            case ["elect", var cluster]:
                _shells[cluster].Elect();
                return true;
            case ["depose", var cluster]:
                _shells[cluster].Depose();
                return true;
            case ["usurp", var cluster]:
                _shells[cluster].Usurp();
                return true;
            case ["restart", var cluster]:
                _shells[cluster].Restart(_options);
                return true;
            case ["freeze" or "thaw", var cluster]:
                _shells[cluster].IsFrozen = words[0] == "freeze";
                return true;
            case ["unanswered", var cluster]:
                return _shells[cluster].IsAnsweredLate = true;
            case ["answered", var cluster]:
                _shells[cluster].Answer();
                return true;
            case ["hint", var cluster]:
                _shells[cluster].Hint();
                return true;
            case ["sweeping", var cluster]:
                Say($"{cluster}: {_shells[cluster].DescribeSweep()}");
                return true;
            case ["gauges"]:
                foreach (var shell in _shells.Values) DescribeGauges(shell);
                return true;
            case ["phases"]:
                foreach (var shell in _shells.Values) DescribePhases(shell);
                return true;
            default:
                return false;
        }
    }

    private bool DoToShard(string[] words)
    {
        switch (words)
        {
            case ["grains", var cluster, var shard, var count, .. var kind]:
                var type = kind.Length > 0 ? kind[0] : "cart";
                Own(cluster, shard, new TwinGrain(default, Token.Mint(0, 1), type), U(count));
                return true;
            case ["leased", var cluster, var shard, var count]:
                Own(cluster, shard, new TwinGrain(default, Token.Mint(0, 1), IsLeased: true), U(count));
                return true;
            case ["unreadable", var cluster, var shard, var count]:
                Own(cluster, shard, new TwinGrain(default, Token.Mint(0, 1), IsUnreadable: true), U(count));
                return true;
            case ["promoted", var shard, var count]:
                _world.Shards[(int)U(shard)].Claim((long)U(count), _now);
                return true;
            case ["ended"]:
                foreach (var shard in _world.Shards) shard.EndLeases();
                return true;
            case ["claim", var cluster, var shard]:
                Own(cluster, shard, new TwinGrain(default, _world.Mint()), count: 1);
                return true;
            case ["silence" or "heal", var shard]:
                _world.Shards[(int)U(shard)].IsSilent = words[0] == "silence";
                return true;
            case ["uncounted" or "counted", var shard]:
                _world.Shards[(int)U(shard)].RefusesCounts = words[0] == "uncounted";
                return true;
            case ["hold", var shard]:
                _world.Shards[(int)U(shard)].IsHeld = true;
                return true;
            case ["hold", var shard, "promotions"]:
                _world.Shards[(int)U(shard)].HoldsPromotions = true;
                return true;
            case ["release" or "timeout" or "deliver", var shard]:
                foreach (var shell in _shells.Values) Let(shell, words[0], (int)U(shard));
                return true;
            case ["granted", var shard, var cluster, var index]:
                _world.Shards[(int)U(shard)].Grant(
                    Token.Mint(0, U(index)), ElectionName.Failover(new ClusterId(cluster)));
                return true;
            case ["owners"]:
                DescribeOwners();
                return true;
            default:
                return false;
        }
    }

    private void Let(TwinShell shell, string what, int shard)
    {
        if (what == "deliver") shell.Deliver(shard);
        if (what == "timeout") shell.TimeOut(shard);
        if (what != "release") return;
        _world.Shards[shard].IsHeld = false;
        _world.Shards[shard].HoldsPromotions = false;
        shell.Release(shard);
    }

    private void Own(string cluster, string shard, TwinGrain grain, ulong count)
    {
        for (ulong i = 0; i < count; i++)
            _world.Shards[(int)U(shard)].Grains.Add(grain with { Owner = new ClusterId(cluster) });
    }

    private void Create(string[] options)
    {
        var values = options.Select(option => option.Split('=')).ToDictionary(pair => pair[0], pair => U(pair[1]));
        _world = new TwinWorld((int)values.GetValueOrDefault("shards", 2UL));
        var defined = (int)values.GetValueOrDefault("defined", (ulong)_world.Shards.Length);
        _world.Directory = new DirectoryDefinition(defined, Created: true, _world.Mint());
        _options = new FailoverOptions
        {
            Grace = TimeSpan.FromSeconds(values.GetValueOrDefault("grace", 10UL)),
            CheckInterval = TimeSpan.FromSeconds(values.GetValueOrDefault("check", 5UL)),
            ShardsInFlightMax = (int)values.GetValueOrDefault("inflight", 8UL),
            BrakeShare = values.GetValueOrDefault("brake", 100UL) / 100.0,
            FencedShare = values.GetValueOrDefault("share", 100UL) / 100.0,
            BrakeWindow = TimeSpan.FromSeconds(values.GetValueOrDefault("window", 60UL)),
        };
    }

    private void Run(double seconds)
    {
        var until = _now + TimeSpan.FromSeconds(seconds);
        Settle();
        while (NextDue(until) is { } next)
        {
            _now = Instant.Max(_now, next.WakeAt!.Value);
            next.Tick();
            Settle();
        }

        _now = until;
    }

    private TwinShell? NextDue(Instant until) => _shells.Values
        .Where(shell => !shell.IsFrozen && shell.WakeAt <= until)
        .MinBy(shell => shell.WakeAt);

    private void Settle()
    {
        foreach (var shell in _shells.Values) shell.Settle(_now);
    }
}
