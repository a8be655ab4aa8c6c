using Holdfast.Directory;
using Holdfast.Directory.Embedded;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Simulation;

/// <summary>What happens to the keepers of a world while it is disturbed, at moments that chance decides.</summary>
internal sealed class KeeperTroubles(KeeperSimulation world)
{
    public static readonly ElectionName Election = ElectionName.Failover(new ClusterId("west"));

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly SortedDictionary<string, long> _figures = new(StringComparer.Ordinal);
    private readonly Dictionary<int, ShardMemory> _old = [];

    public IEnumerable<(string, long)> Figures => _figures.Select(figure => (figure.Key, figure.Value));

    public void Begin()
    {
        Sometimes(TimeSpan.FromSeconds(45), Fail);
        Sometimes(TimeSpan.FromSeconds(12), Claim);
        Sometimes(TimeSpan.FromSeconds(20), Transfer);
        Sometimes(TimeSpan.FromSeconds(25), Offer);
        Sometimes(TimeSpan.FromSeconds(25), Withdraw);
        Sometimes(TimeSpan.FromSeconds(15), Accept);
        Sometimes(TimeSpan.FromSeconds(30), Release);
        Sometimes(TimeSpan.FromSeconds(40), () => world.Hang(AnyShard(), world.LongDelay()));
        Sometimes(TimeSpan.FromSeconds(60), Kill);
        Sometimes(TimeSpan.FromSeconds(50), Stop);
        if (!world.LosesMemory) return;
        Sometimes(TimeSpan.FromSeconds(20), () => Remember(AnyShard()));
        Sometimes(TimeSpan.FromSeconds(50), () => Lose(AnyShard()));
    }

    /// <summary>Claims a grain as a program does for a new one; what it comes to is seen elsewhere.</summary>
    public Task ClaimAsync(GrainKeeper keeper, GrainId grain) =>
        TryAsync("claims refused", keeper, () => keeper.ClaimAsync([grain], CancellationToken.None));

    private async Task TryAsync(string refusals, GrainKeeper keeper, Func<Task> act)
    {
        try
        {
            if (keeper.Session is not null) await act();
        }
        catch (Exception refused) when (
            refused is SessionLostException or ConsensusUnavailableException or DirectoryUnavailableException
                or InvalidOperationException or ArgumentException)
        {
            // (Of the arguments the receiver alone can be wrong: nobody of that cluster has a session just then.)
            Count(refusals);
        }
    }

    private void Sometimes(TimeSpan about, Action act) => world.After(world.Chance.UpTo(about * 2), () =>
    {
        if (!world.IsDisturbed) return;
        act();
        Sometimes(about, act);
    });

    private int AnyShard() => world.Chance.Next(KeeperSimulation.Shards);

    private KeeperProcess AnyProcess() => world.Chance.Pick(world.Processes);

    private void Count(string figure) => _figures[figure] = _figures.GetValueOrDefault(figure) + 1;

    private void Claim()
    {
        var process = AnyProcess();
        process.Life.Run(() => ClaimAsync(process.Keeper, world.Chance.Pick(KeeperSimulation.Grains)));
    }

    private void Kill()
    {
        Count("kills");
        var process = AnyProcess();
        if (process.Life.IsRunning) world.Kill(process, world.Chance.UpTo(TimeSpan.FromSeconds(20)));
    }

    private void Stop()
    {
        Count("stops");
        var process = AnyProcess();
        if (process.Life.IsRunning) process.Stop(world.Chance.UpTo(TimeSpan.FromSeconds(80)));
    }

    /// <summary>A cluster is fenced; soon its grains are swept, for a while, in the other's name.</summary>
    private void Fail()
    {
        Count("fences");
        var from = AnyProcess().Cluster;
        world.Note(from.Value, "fenced");
        world.Sessions.Fence(from);
        var token = world.Sessions.Mint();
        foreach (var seconds in (int[])[1, 3, 12, 30, 60])
            world.After(TimeSpan.FromSeconds(seconds) + world.Delay(), () => Sweep(from, token));
    }

    private void Sweep(ClusterId from, Token token)
    {
        var election = from.Value == "west" ? ElectionName.Failover(new ClusterId("east")) : Election;
        var living = world.Sessions.NotEndedOf(from);
        for (var shard = 0; shard < KeeperSimulation.Shards; shard++)
        {
            var before = RecordsOf(shard, from);
            KeeperSimulation.Answer(world.Directory.InstallGrantAsync(shard, election, token, default));
            var call = new PromoteCall(shard, election, token, from, living, null, "fence");
            if (KeeperSimulation.Answer(world.Directory.PromoteAsync(call, default)).Promoted == 0) continue;
            Count("promotions");
            Tell([.. before.Except(RecordsOf(shard, from))]);
        }
    }

    private static IEnumerable<GrainId> Of(GrainPage page) => page.Records.Select(record => record.Grain);

    private List<GrainId> RecordsOf(int shard, ClusterId cluster) =>
        [.. Of(KeeperSimulation.Answer(world.Directory.ListByOwnerAsync(shard, cluster, null, default)))];

    /// <summary>The event of a promotion, which some hear late, twice or never.</summary>
    private void Tell(IReadOnlyList<GrainId> grains)
    {
        foreach (var process in world.Processes)
        {
            for (var times = world.Chance.Next(3); times > 0; times--)
            {
                process.Life.After(world.WriteDelay(), () => process.Life.Run(() =>
                {
                    process.Keeper.Suspect(grains);
                    process.Keeper.HearPromoted(grains, DateTime.UnixEpoch);
                    return Task.CompletedTask;
                }));
            }
        }
    }

    private void Transfer()
    {
        Count("transfers");
        var (giver, grainsMax) = (AnyProcess(), 1 + world.Chance.Next(6));
        var to = ClusterOpposite(giver);
        giver.Life.Run(async () =>
        {
            try
            {
                await giver.Keeper.WishTransferAsync(to, null, grainsMax, CancellationToken.None);
            }
            catch (ConsensusUnavailableException)
            {
                Count("transfers refused");
            }
        });
        foreach (var taker in world.Processes.Where(taker => taker.Cluster == to && world.Chance.Happens(0.8)))
            taker.Life.Run(() => Expect(taker, giver.Cluster));

        static Task Expect(KeeperProcess taker, ClusterId from)
        {
            taker.Keeper.ExpectOffers(from);
            return Task.CompletedTask;
        }
    }

    /// <summary>The program offers some of what it serves by itself.</summary>
    private void Offer()
    {
        var giver = AnyProcess();
        var (some, to) = (SomeOf(giver), ClusterOpposite(giver));
        giver.Life.Run(() => TryAsync(
            "offers refused", giver.Keeper, () => giver.Keeper.OfferAsync(some, to, CancellationToken.None)));
    }

    /// <summary>It takes back whatever it offers, before its time.</summary>
    private void Withdraw()
    {
        var giver = AnyProcess();
        giver.Life.Run(() => TryAsync(
            "withdrawals refused",
            giver.Keeper,
            () => giver.Keeper.WithdrawAsync(KeeperSimulation.Grains, CancellationToken.None)));
    }

    /// <summary>Somebody looks for offers without being told of any.</summary>
    private void Accept()
    {
        var taker = AnyProcess();
        var from = ClusterOpposite(taker);
        taker.Life.Run(() => TryAsync(
            "acceptances refused", taker.Keeper, () => taker.Keeper.AcceptAsync(from, CancellationToken.None)));
    }

    private void Release()
    {
        var process = AnyProcess();
        var (keeper, some) = (process.Keeper, SomeOf(process));
        process.Life.Run(() => TryAsync("releases refused", keeper, () =>
            world.Mistake == KeeperMistake.ReleasesUnsaid
                ? process.ReleaseUnsaidAsync(some)
                : keeper.ReleaseAsync(some, CancellationToken.None)));
    }

    private List<GrainId> SomeOf(KeeperProcess process) =>
    [
        .. KeeperSimulation.Grains.Where(grain => process.Keeper.TryServe(grain, out _)).Take(1 + world.Chance.Next(3)),
    ];

    private ClusterId ClusterOpposite(KeeperProcess process) =>
        world.Processes.First(other => other.Cluster != process.Cluster).Cluster;

    private void Remember(int shard) => _old[shard] = world.Directory.Remember(shard);

    /// <summary>A shard forgets all, or goes back; somebody notices, reopens it, and closes the window.</summary>
    private void Lose(int shard)
    {
        Count("memories lost");
        world.Note("directory", "forgets");
        if (_old.Remove(shard, out var old)) world.Directory.RollBack(shard, old);
        else world.Directory.Forget(shard);
        world.After(world.Chance.UpTo(TimeSpan.FromSeconds(8)), () =>
        {
            var floor = world.Sessions.Mint();
            KeeperSimulation.Answer(world.Directory.ReopenShardAsync(shard, Election, floor, floor, default));
            world.After(Window, () => KeeperSimulation.Answer(
                world.Directory.CloseWindowAsync(shard, Election, world.Sessions.Mint(), floor, default)));
        });
    }
}
