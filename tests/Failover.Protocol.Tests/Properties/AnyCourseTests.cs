using FsCheck;
using FsCheck.Fluent;
using Holdfast.Failover.Protocol.Tests.World;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol.Tests.Properties;

/// <summary>
/// Random courses of faults on a world with three clusters and two Failovers. During each, every call is checked as it
/// is made (<see cref="TwinShell"/>): the election is held, the token is the newest, the shard confirmed it before the
/// first promotion under it, an observation reached it, the sweep's start was said, and the token is above every fence
/// of the cluster that is promoted away from.
/// </summary>
public sealed class AnyCourseTests
{
    private const int CoursesMax = 300;

    private static readonly string[] Nodes = ["e1", "e2", "n1", "n2", "w1", "w2"];

    private static readonly FailoverOptions Options = new()
    {
        Grace = TimeSpan.FromSeconds(3),
        CheckInterval = TimeSpan.FromSeconds(1),
        ShardsInFlightMax = 2,
    };

    [Fact]
    public void Once_faults_stop_nothing_is_owned_by_a_dead_cluster() =>
        Prop.ForAll(Courses(), course =>
        {
            var play = new Play();
            foreach (var move in course) play.Do(move);
            play.StopFaults();
            play.ElectAll();
            play.Run(TimeSpan.FromSeconds(90));
            play.DeadOwners().ShouldBeEmpty();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(CoursesMax));

    [Fact]
    public void A_call_that_was_given_up_never_moves_a_grain_after_the_cluster_came_back() =>
        Prop.ForAll(Courses(), DemandNoLateMove).Check(Config.QuickThrowOnFailure.WithMaxTest(CoursesMax));

    /// <summary>Taken over while a shard is silent: the successor has its grant there all the same.</summary>
    [Fact]
    public void A_late_call_is_shut_out_by_a_successor_that_found_the_shard_silent() =>
        DemandNoLateMove([1, 17, 34, 13, 1, 31, 14, 34, 23, 16, 24, 17, 27, 4, 27, 0, 10, 18, 32]);

    private static void DemandNoLateMove(int[] course)
    {
        var play = new Play();
        // Shard 0 is slow, e1 and e2 are fenced: every course has a sweep to disturb.
        play.Do(15);
        play.Do(0);
        play.Do(1);
        foreach (var move in course) play.Do(move);
        play.ReviveAll();
        play.StopFaults();
        play.ElectWhoHasLost();
        play.Run(TimeSpan.FromSeconds(90));
        var before = play.Owners();
        play.DeliverAll();
        play.Owners().ShouldBe(before);
    }

    private static Arbitrary<int[]> Courses() =>
        Gen.ArrayOf(Gen.Choose(0, Play.Moves - 1)).ToArbitrary();

    /// <summary>One course.</summary>
    private sealed class Play
    {
        public const int Moves = 37;

        private readonly TwinWorld _world = new(3);
        private readonly TwinShell[] _shells;
        private readonly Dictionary<string, ulong> _generations = Nodes.ToDictionary(node => node, _ => 1UL);
        private Instant _now = Instant.Zero + TimeSpan.FromHours(1);

        public Play()
        {
            foreach (var node in Nodes) _world.Live(new NodeId(node), ClusterOf(node), new Generation(1));
            for (var shard = 0; shard < 3; shard++)
            {
                foreach (var cluster in (string[])["e", "n", "w"])
                    _world.Shards[shard].Grains.Add(new TwinGrain(new ClusterId(cluster), Token.Mint(0, 1)));
            }

            _shells = [.. new[] { "n", "w" }.Select(cluster => new TwinShell(_world, cluster, Options, _ => { }))];
            foreach (var shell in _shells) shell.Tick();
            foreach (var shell in _shells) shell.Elect();
            Run(TimeSpan.FromSeconds(1));
        }

        public void Do(int move)
        {
            switch (move)
            {
                case < 6: Fence(Nodes[move]); break;
                case < 12: Revive(Nodes[move - 6]); break;
                case < 15: _world.Shards[move - 12].IsSilent = !_world.Shards[move - 12].IsSilent; break;
                case < 18: _world.Shards[move - 15].HoldsPromotions = true; break;
                case < 21: Release(move - 18); break;
                case < 24: Each(shell => shell.TimeOut(move - 21)); break;
                case < 26: _shells[move - 24].Depose(); break;
                case < 28: _shells[move - 26].Elect(); break;
                case < 30: _shells[move - 28].Restart(Options); break;
                case 30: _world.IsDeaf = !_world.IsDeaf; break;
                case 31: Register(); break;
                case 32: _shells[1].Usurp(); break;
                case 33: _world.IsBehind = !_world.IsBehind; break;
                case 35 or 36: AnswerLate(_shells[move - 35]); break;
                default: Run(TimeSpan.FromSeconds(4)); break;
            }

            Run(TimeSpan.FromSeconds(0.3));
        }

        public void Run(TimeSpan time)
        {
            var until = _now + time;
            Each(shell => shell.Settle(_now));
            for (var steps = 0; NextDue(until) is { } next; steps++)
            {
                steps.ShouldBeLessThan(100_000, "A machine must not spin.");
                _now = Instant.Max(_now, next.WakeAt!.Value);
                next.Tick();
                Each(shell => shell.Settle(_now));
            }

            _now = until;
        }

        public void StopFaults()
        {
            _world.IsDeaf = false;
            _world.IsBehind = false;
            Each(shell => shell.Answer());
            foreach (var shard in _world.Shards)
            {
                shard.IsSilent = false;
                Release(shard.Number);
            }
        }

        public void ElectAll() => Each(shell => shell.Elect());

        /// <summary>
        /// Leaves the others as they are: a new election seals every shard, and would hide a missing seal.
        /// </summary>
        public void ElectWhoHasLost()
        {
            foreach (var shell in _shells.Where(shell => !shell.Machine.View().IsHeld)) shell.Elect();
        }

        public void ReviveAll()
        {
            foreach (var node in Nodes) Revive(node);
        }

        public void DeliverAll()
        {
            foreach (var shard in _world.Shards) Each(shell => shell.Deliver(shard.Number));
        }

        public string Owners() => string.Join(
            ' ', _world.Shards.SelectMany(shard => shard.Grains.Select(grain => $"{shard.Number}:{grain.Owner}")));

        /// <summary>Clusters that own grains, have no live node, and could be inherited from.</summary>
        public IEnumerable<ClusterId> DeadOwners()
        {
            var live = _world.LiveClusters.ToHashSet();
            var heirs = live.Where(cluster => cluster.Value is "n" or "w").ToArray();
            return heirs.Length == 0
                ? []
                : _world.Shards.SelectMany(shard => shard.Grains).Select(grain => grain.Owner)
                    .Where(owner => !live.Contains(owner)).Distinct();
        }

        private static ClusterId ClusterOf(string node) => new(node[..1]);

        private TwinShell? NextDue(Instant until) =>
            _shells.Where(shell => shell.WakeAt <= until).MinBy(shell => shell.WakeAt);

        private void Fence(string node) => _world.Fence(new NodeId(node), FenceCause.Silence, _now);

        private void Revive(string node) =>
            _world.Live(new NodeId(node), ClusterOf(node), new Generation(++_generations[node]));

        private void Register() =>
            _world.Shards[0].Grains.Add(new TwinGrain(new ClusterId("e"), _world.Mint()));

        private static void AnswerLate(TwinShell shell)
        {
            if (shell.IsAnsweredLate) shell.Answer();
            else shell.IsAnsweredLate = true;
        }

        private void Release(int shard)
        {
            _world.Shards[shard].HoldsPromotions = false;
            Each(shell => shell.Release(shard));
        }

        private void Each(Action<TwinShell> act) => Array.ForEach(_shells, shell => act(shell));
    }
}
