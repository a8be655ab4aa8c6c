using System.Diagnostics;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>A Redis Cluster that loses masters and moves shards while it is called.</summary>
public sealed class ClusterFaultTests : TopologyTests
{
    private const int Shards = 16;
    private const string Shard = "{hf:00}:meta";

    private RedisCluster? _cluster;

    private RedisCluster Cluster => _cluster!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_cluster is not null) await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Calls_ride_out_the_death_of_a_master_and_its_replica_is_known_to_be_another_process()
    {
        var directory = await StartAsync(Patient);
        var before = await directory.ShardAsync(0, Cancel);
        var master = await Cluster.MasterOfAsync(Shard);
        var replica = await Cluster.ReplicaOfAsync(master);
        var (stop, begun) = (new TaskCompletionSource(), new TaskCompletionSource());
        var claiming = Task.WhenAll(Enumerable.Range(0, 8)
            .Select(one => ClaimUntilAsync(directory, $"{one}", stop.Task, begun)));
        await begun.Task.WaitAsync(Patient, Cancel);

        await Cluster.ReplaceSoonAsync();
        await master.KillAsync();
        await Cluster.TookOverAsync(replica, master);
        var after = await directory.ShardAsync(0, Cancel);
        stop.SetResult();

        (await claiming).ShouldAllBe(acknowledged => acknowledged.Count >= 1);
        after.Version.Gen.ShouldBe(before.Version.Gen);
        after.Run.ShouldBe(before.Process);
        after.Process.ShouldNotBe(after.Run);
        await ConfirmAllAsync(directory);
        (await directory.ShardAsync(0, Cancel)).Run.ShouldBe(after.Process);
        (await directory.ClaimAsync(G("after"), East, 11, 12)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task Each_call_ends_at_its_deadline_while_nobody_has_the_shard_and_other_shards_go_on()
    {
        await StartAsync(Patient);
        var master = await Cluster.MasterOfAsync(Shard);
        var directory = OpenHere(Short);
        var other = await ShardElsewhereAsync(Cluster, master, Shards);
        await AnsweredAsync(directory, 0);
        await AnsweredAsync(directory, other);
        await master.PauseAsync();

        var started = Stopwatch.GetTimestamp();
        var failure = await Should.ThrowAsync<DirectoryUnavailableException>(() => directory.ShardAsync(0, Cancel));
        var took = Stopwatch.GetElapsedTime(started);

        took.ShouldBeLessThan(Short + TimeSpan.FromSeconds(2));
        failure.Message.ShouldContain("did not answer describe within 0.4 s");
        (await directory.ShardAsync(other, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
        await master.ResumeAsync();
    }

    [Fact]
    public async Task A_shard_that_was_moved_to_another_master_is_found_there()
    {
        var directory = await StartAsync(Patient);
        await directory.ClaimAllAsync(Many(500), East, 11, 11);
        var from = await Cluster.MasterOfAsync(Shard);
        var move = await SlotMove.BeginAsync(Cluster, Shard, from, await OtherMasterAsync(from));

        await move.KeysAsync(await move.AllAsync());
        await move.EndAsync();

        (await directory.LookupAsync(Many(500), Cancel)).ShouldAllBe(answer => answer.Record!.Epoch == E(11));
        await ConfirmAllAsync(directory);
        await directory.ClaimAllAsync(Many(500), East, 11, 12);
        (await directory.ListAllAsync(East)).ShouldAllBe(record => record.Epoch == E(12));
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("rec")]
    [InlineData("own:east")]
    [InlineData("nothing yet")]
    public async Task A_shard_that_is_being_moved_changes_nothing_until_all_of_it_is_there(string moved)
    {
        var directory = await StartAsync(Patient);
        var grain = Many(500).First(one => GrainShard.Of(one, Shards) == 0);
        await directory.ClaimAsync(grain, East, 11, 11);
        var from = await Cluster.MasterOfAsync(Shard);
        var hasty = OpenHere(Short);
        await AnsweredAsync(hasty, 0);
        var move = await SlotMove.BeginAsync(Cluster, Shard, from, await OtherMasterAsync(from));
        var first = moved == "nothing yet" ? [] : new[] { $"{{hf:00}}:{moved}" };
        await move.KeysAsync(first);

        // Half of the shard is here and half is there; whichever answered alone would think that it knows all.
        var refused = await Should.ThrowAsync<DirectoryUnavailableException>(() =>
            hasty.ClaimAsync(grain, West, 12, 12));
        var waiting = directory.ClaimAsync(grain, East, 11, 12);
        await move.KeysAsync([.. (await move.AllAsync()).Except(first)]);
        await move.EndAsync();

        refused.Message.ShouldContain("the shard is being moved");
        (await waiting).Status.ShouldBe(DirectoryStatus.ShardLost, "another process, which nobody has confirmed yet");
        await ConfirmAllAsync(directory);
        (await directory.ClaimAsync(grain, East, 11, 12)).Record.ShouldBe(Record(grain, East, 11, E(12)));
        (await directory.OutboxAsync()).Count.ShouldBe(2);
        (await directory.ListAllAsync(East)).ShouldHaveSingleItem();
        (await directory.ListAllAsync(West)).ShouldBeEmpty();
    }

    private async Task<IGrainDirectory> StartAsync(TimeSpan deadline)
    {
        _cluster = await RedisCluster.StartAsync();
        var directory = OpenHere(deadline);
        await CreateAsync(directory);
        return directory;
    }

    private RedisGrainDirectory OpenHere(TimeSpan deadline) =>
        Open(new DirectoryOptions { Redis = Cluster.Addresses, Shards = Shards, Deadline = deadline });

    private async Task<ITestServer> OtherMasterAsync(ITestServer master) =>
        (await Cluster.MastersAsync()).First(one => one != master);
}
