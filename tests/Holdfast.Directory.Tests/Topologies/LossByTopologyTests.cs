using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>
/// What Redis acknowledged and forgot because another server became the master, and by what the directory's answers
/// tell it. Who repairs a shard goes by these answers.
/// </summary>
public sealed class LossByTopologyTests : TopologyTests
{
    private RedisSentinels? _sentinels;
    private RedisCluster? _cluster;

    private RedisSentinels Sentinels => _sentinels!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_sentinels is not null) await _sentinels.DisposeAsync();
        if (_cluster is not null) await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_stale_replica_that_became_master_is_another_process_with_a_lower_sequence_and_is_repaired()
    {
        var directory = await StartAsync();
        var master = await Sentinels.MasterAsync();
        await directory.ClaimAsync(G("kept"), East, 11, 11);
        await master.ReplicasInStepAsync();
        await RedisSentinels.CutReplicasAsync(master);
        var known = (await directory.ClaimAsync(G("lost"), East, 11, 11)).Shard;

        await master.KillAsync();
        await Sentinels.AnotherMasterAsync(master);

        await IsLostAndRepairedAsync(directory, known, G("kept"), G("lost"));
    }

    [Fact]
    public async Task On_a_cluster_it_is_the_same_and_other_shards_are_as_they_were()
    {
        const int Shards = 16;
        _cluster = await RedisCluster.StartAsync();
        var directory = Open(new DirectoryOptions { Redis = _cluster.Addresses, Shards = Shards, Deadline = Patient });
        await CreateAsync(directory);
        var master = await _cluster.MasterOfAsync("{hf:00}:meta");
        var elsewhere = await ShardElsewhereAsync(_cluster, master, Shards);
        var grains = Many(1_000).Where(grain => GrainShard.Of(grain, Shards) == 0).ToList();
        await directory.ClaimAsync(grains[0], East, 11, 11);
        await master.ReplicasInStepAsync();
        await RedisCluster.CutReplicaAsync(master);
        var known = (await directory.ClaimAsync(grains[1], East, 11, 11)).Shard;
        var replica = await _cluster.ReplicaOfAsync(master);

        await _cluster.ReplaceSoonAsync();
        await master.KillAsync();
        await _cluster.TookOverAsync(replica, master);

        await IsLostAndRepairedAsync(directory, known, grains[0], grains[1]);
        var other = await directory.ShardAsync(elsewhere, Cancel);
        (other.Status, other.Run).ShouldBe((DirectoryStatus.Ok, other.Process));
    }

    [Fact]
    public async Task While_two_masters_take_writes_no_epoch_has_two_owners_and_the_new_one_says_that_it_is_another()
    {
        var directory = await StartAsync();
        var master = await Sentinels.MasterAsync();
        var beside = Open(new DirectoryOptions { Redis = master.Address, Shards = 1, Deadline = Patient });
        var process = (await directory.ShardAsync(0, Cancel)).Process;
        await directory.ClaimAsync(G("before"), East, 11, 11);
        await master.ReplicasInStepAsync();

        await RedisSentinels.IsolateAsync(master);
        await Sentinels.AnotherMasterAsync(master);
        var old = await beside.ClaimAsync(G("both"), East, 11, 12);
        await LeftAsync(directory, process);
        await ConfirmAllAsync(directory);
        var young = await directory.ClaimAsync(G("both"), West, 13, 13);
        var seenByOld = await beside.ShardAsync(0, Cancel);
        var seenByYoung = await directory.ShardAsync(0, Cancel);

        (old.Status, young.Status).ShouldBe((DirectoryStatus.Ok, DirectoryStatus.Ok));
        old.Record!.Epoch.ShouldNotBe(young.Record!.Epoch);
        (seenByOld.Run, seenByOld.Version.Gen).ShouldBe((seenByOld.Process, seenByYoung.Version.Gen));
        seenByYoung.Process.ShouldNotBe(seenByOld.Process);

        // However far the new one comes: who was answered by the old one after that knows that it is lost.
        seenByYoung.Since.ShouldBeLessThan(old.Shard.Seq);

        // The lower epoch's owner learns it where it writes, and here once the old master serves nobody any more.
        await RedisSentinels.HealAsync(master);
        await master.UntilAsync("a replica", role => role.StartsWith("slave", StringComparison.Ordinal), "ROLE");
        var refused = Open(new DirectoryOptions { Redis = master.Address, Shards = 1, Deadline = Short });
        await Should.ThrowAsync<DirectoryUnavailableException>(() => refused.ClaimAsync(G("both"), East, 11, 14));
        (await directory.LookupAsync(G("both"))).Record.ShouldBe(Record(G("both"), West, 13, E(13)));
        (await directory.ClaimAsync(G("both"), East, 11, 14)).Status.ShouldBe(DirectoryStatus.LostRace);
    }

    [Fact]
    public async Task A_master_that_was_a_replica_meanwhile_is_the_same_process_and_confirmed_by_nobody()
    {
        await using var pair = await RedisPair.StartAsync();
        var master = pair.First;
        var directory = Open(new DirectoryOptions { Redis = master.Address, Shards = 1, Deadline = Patient });
        await CreateAsync(directory);
        await directory.ClaimAsync(G("kept"), East, 11, 11);
        await master.ReplicasInStepAsync();
        await RedisPair.PromoteAsync(pair.Second);
        var known = (await directory.ClaimAsync(G("lost"), East, 11, 11)).Shard;
        var run = await RunIdAsync(master);

        await RedisPair.FollowAsync(master, pair.Second);
        await RedisPair.PromoteAsync(master);

        // Nobody looked while it was a replica, and its run_id is the one that the shard was opened on.
        (await RunIdAsync(master)).ShouldBe(run);
        await IsLostAndRepairedAsync(directory, known, G("kept"), G("lost"));
    }

    [Fact]
    public async Task A_master_that_wants_a_replica_refuses_what_only_it_would_know()
    {
        var directory = await StartAsync("min-replicas-to-write 1", "min-replicas-max-lag 1");
        var master = await Sentinels.MasterAsync();
        var hasty = Open(new DirectoryOptions { Redis = master.Address, Shards = 1, Deadline = Short });
        await AnsweredAsync(hasty, 0);
        await RedisSentinels.IsolateAsync(master);

        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            hasty.ClaimAsync(G("a"), East, 11, 11));
        failure.Message.ShouldContain("NOREPLICAS");
    }

    private static async Task<string> RunIdAsync(ITestServer server) => (await server.CliAsync("INFO", "server"))
        .Split('\n')
        .Single(line => line.StartsWith("run_id", StringComparison.Ordinal));

    /// <summary>Nothing can be confirmed; who lives tells again what it holds, and owns it after the window.</summary>
    private static async Task IsLostAndRepairedAsync(
        IGrainDirectory directory, ShardVersion known, GrainId first, GrainId second)
    {
        var after = await directory.ShardAsync(0, Cancel);
        after.Version.Gen.ShouldBe(known.Gen);
        after.Version.Seq.ShouldBeLessThan(known.Seq);
        after.Process.ShouldNotBe(after.Run);
        (await directory.LookupAsync(first)).Record.ShouldBe(Record(first, East, 11, E(11)));
        (await directory.LookupAsync(second)).Status.ShouldBe(DirectoryStatus.NotFound);
        (await directory.ClaimAsync(second, West, 12, 12)).Status.ShouldBe(DirectoryStatus.ShardLost);
        (await directory.ConfirmAsync(known)).Status.ShouldBe(DirectoryStatus.ShardLost);

        (await directory.ReopenAsync(30)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ReassertAsync(second, E(11), East, 11, 31)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.CloseAsync(30)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ClaimAsync(second, East, 11, 31)).Record.ShouldBe(Record(second, East, 11, E(31)));
        var repaired = await directory.ShardAsync(0, Cancel);
        (repaired.Status, repaired.Run).ShouldBe((DirectoryStatus.Ok, repaired.Process));
    }

    private async Task<IGrainDirectory> StartAsync(params string[] configLines)
    {
        _sentinels = await RedisSentinels.StartAsync(1, configLines);
        var directory = Open(new DirectoryOptions
        {
            Sentinels = Sentinels.Addresses,
            SentinelMaster = RedisSentinels.MasterName,
            Shards = 1,
            Deadline = Patient,
        });
        await CreateAsync(directory);
        return directory;
    }
}
