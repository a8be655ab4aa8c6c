using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Primitives;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>
/// Programs of two clusters that claim, release and give each other grains as fast as they are answered, one of a third
/// that dies, and its heir.
/// </summary>
internal sealed class KeeperLoad : IAsyncDisposable
{
    private const int ActsWanted = 30;
    private const int GrainsPerAct = 4;
    private const int CountsWanted = 20;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    // What was offered to somebody who died, or whose answer was lost, is to be served again soon.
    private static readonly GrainKeeperOptions Options = KeeperWorld.Options with
    {
        Types = ["order", "room", "orphan"],
        OfferPatience = TimeSpan.FromSeconds(1),
        DrainDeadline = TimeSpan.FromSeconds(5),
    };

    private readonly KeeperWorld _world;
    private readonly IReadOnlyList<GrainId> _grains;
    private readonly IReadOnlyList<GrainId> _orphans;
    private readonly CountingOwner[] _owners;
    private readonly CountingOwner _heir;
    private readonly CountingOwner _dying;
    private readonly CancellationTokenSource _stop = new();
    private readonly int[] _acts;
    private Task _acting = Task.CompletedTask;

    private KeeperLoad(
        KeeperWorld world,
        (IReadOnlyList<GrainId> Moved, IReadOnlyList<GrainId> Orphans) grains,
        CountingOwner[] owners,
        CountingOwner heir,
        CountingOwner dying)
    {
        ((_grains, _orphans), _world, _owners, _heir, _dying) = (grains, world, owners, heir, dying);
        _acts = new int[owners.Length];
    }

    public static async Task<KeeperLoad> BeginAsync(
        KeeperWorld world, IReadOnlyList<GrainId> grains, IReadOnlyList<GrainId> orphans)
    {
        var owners = new List<CountingOwner>();
        foreach (var node in (string[])["east-1", "east-2", "west-1", "west-2", "north-1", "south-1"])
            owners.Add(await world.OwnerAsync(node, Options));
        var load = new KeeperLoad(world, (grains, orphans), [.. owners.Take(4)], owners[4], owners[5]);
        await KeeperWorld.OwnAsync(load._dying, orphans);
        load._acting = Task.WhenAll(Enumerable.Range(0, load._owners.Length).Select(load.ActAsync));
        return load;
    }

    /// <summary>Until every program has done so much more.</summary>
    public Task WorkAsync()
    {
        var wanted = _acts.Select(acts => acts + ActsWanted).ToArray();
        return AwaitAsync(
            "work of every program",
            () => Task.FromResult(_acts.Zip(wanted).All(pair => pair.First >= pair.Second)));
    }

    /// <summary>
    /// The owner of the orphans dies and is fenced. While they are promoted the directory loses its memory, and is
    /// repaired, one shard later than the others: not before what is held of it was served on without it.
    /// </summary>
    /// <param name="loseAsync">Loses the memory.</param>
    /// <returns>The shards that lost something.</returns>
    public async Task<IReadOnlyList<int>> LoseInASweepAsync(Func<Task> loseAsync)
    {
        var last = GrainShard.Of(_grains[0], _world.Directory.Shards);
        await AmidPromotionsAsync(_world.Incident, KillOrphansOwnerAsync, () =>
        {
            _world.Incident.Directory.Silence(last);
            return loseAsync();
        });
        var counted = await CountedAsync(last);
        await AwaitAsync(
            "work on a shard that nobody opens",
            async () => await CountedAsync(last) >= counted + CountsWanted);
        var seen = await _world.Directory.ShardAsync(last, CancellationToken.None);
        (seen.Status == DirectoryStatus.Ok && seen.Run == seen.Process).ShouldBeFalse($"shard {last} says {seen}");
        _world.Incident.Directory.Heal(last);
        return await RepairedAsync(_world.Incident, _world.Directory, _world.History);
    }

    /// <summary>Nothing is moved any more: everything is served by who is on record, and all of it was right.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _acting;

        // What the directory forgot while its owner was dead is nobody's: whoever needs it claims it.
        await _heir.Keeper.ClaimAsync(_orphans, CancellationToken.None);
        await _world.ServedAsync(_orphans, _heir);
        IReadOnlyList<string> unsettled = [];
        try
        {
            await AwaitAsync("rest", async () => (unsettled = await UnsettledAsync()).Count == 0);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message} {string.Join('\n', unsettled)}", late);
        }

        await _world.IsRightAsync();
        _world.History.Grants.ShouldContain(grant => !grant.IsInstallation, "promotions, which invariant 5 is about");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _acting;
        _stop.Dispose();
    }

    private async Task KillOrphansOwnerAsync()
    {
        await _dying.KillAsync();
        _world.Consensus.Fence("south-1", "south");
    }

    /// <summary>How often what is held of a shard was served and saved by now.</summary>
    private async Task<int> CountedAsync(int shard) => (await _world.SavedAsync()).Count(saved =>
        saved.Reason == SaveReason.Counted && GrainShard.Of(saved.Grain, _world.Directory.Shards) == shard);

    /// <summary>What is on record and not served so, and what is held and on no record.</summary>
    private async Task<IReadOnlyList<string>> UnsettledAsync()
    {
        var records = (await _world.RecordsAsync(_grains)).Where(record => !record.Tombstone).ToList();
        var held = _owners.SelectMany(owner => owner.Keeper.Held
            .Select(one => (Grain: one.Key, Epoch: one.Value, By: owner.Session.Id)));
        return
        [
            .. records.Where(record => !_owners.Any(owner => KeeperWorld.IsServed(record, owner)))
                .Select(record => $"not served: {record}"),
            .. held.Where(one => !records.Any(record =>
                    record.Grain == one.Grain && record.Holder == one.By))
                .Select(one => $"held and not on record: {one}"),
        ];
    }

    private async Task ActAsync(int at)
    {
        var (owner, random) = (_owners[at], new Random(at));
        using var pace = new PeriodicTimer(Pace);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ActAsync(owner, random);
            }
            catch (Exception failed) when (
                failed is DirectoryUnavailableException or ConsensusUnavailableException or OperationCanceledException)
            {
                // What was asked may have been done: the keeper finds out.
            }

            _acts[at]++;
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private async Task ActAsync(CountingOwner owner, Random random)
    {
        var some = Enumerable.Range(0, GrainsPerAct).Select(_ => _grains[random.Next(_grains.Count)]).ToList();
        var held = some.Where(owner.Serves).ToList();
        switch (random.Next(10))
        {
            case 0:
                await owner.Keeper.ReleaseAsync(held, _stop.Token);
                break;
            case < 3:
                var receivers = _owners.Where(one => one.Session.Cluster != owner.Session.Cluster).ToList();
                await owner.Keeper.OfferAsync(held, receivers[0].Session.Cluster, _stop.Token);
                foreach (var receiver in receivers) receiver.Keeper.ExpectOffers(owner.Session.Cluster);
                break;
            default:
                await owner.Keeper.ClaimAsync(some, _stop.Token);
                break;
        }
    }
}
