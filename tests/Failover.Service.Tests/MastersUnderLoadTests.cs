using System.Globalization;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Redis;
using Holdfast.Failover.Service.Tests.World;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Holdfast.Simulation.Histories;
using static Holdfast.Failover.Service.Tests.World.UnderLoad;

namespace Holdfast.Failover.Service.Tests;

/// <summary>
/// A real master is replaced by its replica, which has not all that was acknowledged, while processes claim, write and
/// release and a cluster is being promoted away from. What everybody was told is checked against the invariants of
/// ownership.
/// </summary>
public sealed class MastersUnderLoadTests : IAsyncDisposable
{
    private const string OldMaster = " at the old master";

    private static readonly GrainId[] Grains =
        [.. Enumerable.Range(0, 60).Select(i => new GrainId("order", i.ToString(CultureInfo.InvariantCulture)))];

    private static readonly GrainId[] Orphans =
        [.. Enumerable.Range(0, 40).Select(i => new GrainId("orphan", i.ToString(CultureInfo.InvariantCulture)))];

    private readonly List<IAsyncDisposable> _opened = [];
    private readonly EpochGate _gate = new();
    private readonly OwnershipHistory _history = new();
    private RedisSentinels _sentinels = null!;
    private IncidentWorld _world = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_opened)) await one.DisposeAsync();
    }

    [Fact]
    public async Task A_stale_replica_that_becomes_the_master_under_load_breaks_no_invariant()
    {
        await StartAsync();
        var directory = Open(_sentinels.Addresses);
        LoadedOwner[] owners = [.. Sessions().Select(session => OwnerOf(directory, session.Node, session.Cluster))];
        using var stop = new CancellationTokenSource();
        var running = owners.Select((owner, i) => owner.RunAsync(Grains, i, stop.Token)).ToArray();
        var master = await _sentinels.MasterAsync();

        await StepsAsync(owners);
        await RedisSentinels.CutReplicasAsync(master);
        var replica = _sentinels.Servers.Single(server => server != master);
        var stale = await RedisMemory.PointsAsync(replica);
        await StepsAsync(owners);
        await AmidPromotionsAsync(_world, FenceAsync, async () =>
        {
            await master.KillAsync();
            foreach (var point in stale) _history.WasSetBack(point);
            await _sentinels.PromoteByHandAsync(replica);
        });
        await IsNoticedAsync(_world, _history);
        var lost = await RepairedAsync(_world, directory, _history);
        await StepsAsync(owners);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        lost.ShouldNotBeEmpty();
        await IsRightAsync(directory, owners);
    }

    [Fact]
    public async Task Two_masters_that_take_writes_under_load_break_no_invariant_and_whoever_was_left_behind_tells()
    {
        await StartAsync();
        await using var ways = new SentinelWays(_sentinels);
        var (moving, left) = (Open(_sentinels.Addresses), Open(ways.Addresses));
        LoadedOwner[] movers = [.. Sessions().Select(session => OwnerOf(moving, session.Node, session.Cluster))];
        LoadedOwner[] stayers = [.. Sessions().Select(session => OwnerOf(left, session.Node, session.Cluster))];
        var master = await _sentinels.MasterAsync();
        await RunAsync([.. movers, .. stayers]);
        await master.ReplicasInStepAsync();

        // Who cannot ask a Sentinel goes on where it is.
        ways.Shut();
        var process = (await left.ShardAsync(0, Cancel)).Process;
        await RedisSentinels.IsolateAsync(master);
        var young = await _sentinels.AnotherMasterAsync(master);
        await AwaitAsync("confirmation of the new master", () => IsUsableElsewhereAsync(moving, process));
        var parting = await RedisMemory.PointsAsync(young);
        foreach (var stayer in stayers) stayer.Branch = OldMaster;
        await FenceAsync();
        await RunAsync([.. movers, .. stayers], () => OwnsNothingAsync(moving, "north"));

        // Under the same name, each of the two masters told what the other does not know.
        ToldAfter(parting, "").ShouldNotBeEmpty();
        var forgotten = ToldAfter(parting, OldMaster);
        forgotten.ShouldNotBeEmpty();
        await RedisSentinels.HealAsync(master);
        ways.Open();
        await AwaitAsync("move of who stayed", () => IsElsewhereAsync(left, process));
        foreach (var stayer in stayers) stayer.Branch = "";
        await RunAsync([.. movers, .. stayers], () => AwaitAsync("report of each memory that was left", () =>
            Task.FromResult(forgotten.All(IsReported))));
        await RepairedAsync(_world, moving, _history);
        await RunAsync([.. movers, .. stayers]);

        await IsRightAsync(moving, [.. movers, .. stayers]);
    }

    private static IEnumerable<(string Node, string Cluster)> Sessions() =>
        [("e1", "east"), ("e1", "east"), ("w1", "west"), ("w1", "west")];

    private static async Task<bool> IsElsewhereAsync(RedisGrainDirectory directory, string process)
    {
        try
        {
            return (await directory.ShardAsync(0, Cancel)).Process != process;
        }
        catch (DirectoryUnavailableException)
        {
            // On its way.
            return false;
        }
    }

    private static async Task<bool> IsUsableElsewhereAsync(RedisGrainDirectory directory, string process)
    {
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var seen = await directory.ShardAsync(shard, Cancel);
            if (seen.Process == process || seen.Run != seen.Process || seen.Status != DirectoryStatus.Ok) return false;
        }

        return true;
    }

    private async Task StartAsync()
    {
        _sentinels = Keep(await RedisSentinels.StartAsync());
        var directory = Open(_sentinels.Addresses);
        _world = Keep(await IncidentWorld.StartAsync(directory));
        var failover = await _world.FailoverAsync("w1", "west", ("Failover:ReassertWindow", "00:00:02"));
        using (failover) await Until.IsReadyAsync(failover);
        _world.Directory.History = _history;
        _world.Consensus.Live("n1", "north");
        await OwnerOf(directory, "n1", "north").ClaimAsync(Orphans);
    }

    private Task FenceAsync()
    {
        _world.Consensus.Fence("n1", "north");
        return Task.CompletedTask;
    }

    /// <summary>Lets processes run until each has done its steps, and something else has come about.</summary>
    private static async Task RunAsync(IReadOnlyList<LoadedOwner> owners, Func<Task>? until = null)
    {
        using var stop = new CancellationTokenSource();
        var running = owners.Select((owner, i) => owner.RunAsync(Grains, i, stop.Token)).ToArray();
        try
        {
            await StepsAsync(owners);
            if (until is not null) await until();
        }
        finally
        {
            await stop.CancelAsync();
        }

        await Task.WhenAll(running);
    }

    private bool IsReported(MemoryPoint forgotten) => _world.Consensus.Losses.Any(loss =>
        loss.Memory.Shard == forgotten.Shard && loss.Memory.Gen == forgotten.Gen);

    /// <summary>The memories that told something on one side after the masters had parted.</summary>
    private MemoryPoint[] ToldAfter(IReadOnlyList<MemoryPoint> parting, string branch) =>
    [
        .. parting.Where(point => _history.Owners.Any(told => told.At.Shard == point.Shard &&
            told.At.Gen == point.Gen + branch && told.At.Seq > point.Seq)),
    ];

    private async Task IsRightAsync(RedisGrainDirectory directory, IReadOnlyList<LoadedOwner> owners)
    {
        await OwnsNothingAsync(directory, "north");
        var left = await LeftAsync(directory);
        await EverythingIsToldAsync(_world, _history, left);
        IsRight(_history, left);
        foreach (var owner in owners) await IsOnRecordAsync(directory, owner);
    }

    private LoadedOwner OwnerOf(RedisGrainDirectory directory, string node, string cluster) =>
        ReportingOwner(_world.Consensus, directory, _gate, _history, _world.Consensus.Open(node, cluster));

    private RedisGrainDirectory Open(string sentinels) => Keep(Connect(new DirectoryOptions
    {
        Sentinels = sentinels,
        SentinelMaster = RedisSentinels.MasterName,
        Deadline = TimeSpan.FromSeconds(10),
    }));

    private T Keep<T>(T opened)
        where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    /// <summary>A way to each Sentinel, which can be shut.</summary>
    private sealed class SentinelWays(RedisSentinels sentinels) : IAsyncDisposable
    {
        private readonly CutRelay[] _ways = [.. sentinels.Sentinels.Select(one => new CutRelay(one))];

        public string Addresses => string.Join(',', _ways.Select(way => way.Address));

        public void Shut()
        {
            foreach (var way in _ways) way.Shut();
        }

        public void Open()
        {
            foreach (var way in _ways) way.Open();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var way in _ways) await way.DisposeAsync();
        }
    }
}
