using Holdfast.Directory.Changes;
using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>The contract, and what is Redis' own, on one server.</summary>
public sealed class RedisGrainDirectoryTests(RedisFixture redis)
    : RedisGrainDirectoryContract(redis), IClassFixture<RedisFixture>;

/// <summary>
/// The same on a Redis Cluster of one node. It has the rule that matters: all keys of a script are in one hash slot.
/// </summary>
public sealed class RedisClusterGrainDirectoryTests(RedisClusterFixture redis)
    : RedisGrainDirectoryContract(redis), IClassFixture<RedisClusterFixture>;

public abstract class RedisGrainDirectoryContract(RedisFixture redis) : GrainDirectoryContract
{
    private readonly List<IAsyncDisposable> _opened = [];

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var directory in _opened) await directory.DisposeAsync();
    }

    protected override async Task<IGrainDirectory> CreateAsync(DirectoryOptions options)
    {
        var admin = await redis.AdminAsync();
        await admin.ExecuteAsync("FLUSHALL");
        return Open(options);
    }

    protected override async Task PlantAsync(GrainRecord record)
    {
        var admin = await redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:rec", record.Grain.ToString(), RecordText.Write(record));
        await admin.SetAddAsync($"{{hf:00}}:own:{record.Cluster}", record.Grain.ToString());
    }

    [Fact]
    public async Task A_directory_created_with_another_number_of_shards_is_of_a_wrong_format()
    {
        await OpenedAsync(new DirectoryOptions { Shards = 2 });
        var other = Open(new DirectoryOptions { Shards = 1 });

        (await other.LookupAsync(Actors.G("a"))).Status.ShouldBe(DirectoryStatus.WrongFormat);
        (await other.GrantAsync(Actors.FailoverWest, 20)).Status.ShouldBe(DirectoryStatus.WrongFormat);
        var opened = await other.OpenShardAsync(
            0, Actors.FailoverWest, Actors.T(20), Actors.T(20), TestContext.Current.CancellationToken);
        opened.Status.ShouldBe(DirectoryStatus.WrongFormat);
    }

    [Fact]
    public async Task Scripts_that_Redis_forgot_are_brought_along_again()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(Actors.G("a"), Actors.East, 11, 11);
        var admin = await redis.AdminAsync();
        await admin.ExecuteAsync("SCRIPT", "FLUSH");

        (await directory.LookupAsync(Actors.G("a"))).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ClaimAsync(Actors.G("b"), Actors.East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
    }

    [Fact]
    public async Task A_scan_that_hands_out_more_than_a_call_may_move_leaves_none_behind()
    {
        // Where members share a bucket of the set, SSCAN gives more than its COUNT: about every other round.
        var directory = await OpenedAsync();
        for (var round = 1ul; round <= 12; round++)
        {
            var grains = Enumerable.Range(0, 1_200).Select(i => Actors.G($"{round}-{i}")).ToList();
            await directory.ClaimAllAsync(grains, Actors.East, 11, 100 * round);
            await directory.GrantAsync(Actors.FailoverWest, 100 * round + 1);

            var answers = await directory.PromoteAllAsync(Actors.FailoverWest, 100 * round + 1, Actors.East);

            answers.Sum(answer => answer.Promoted).ShouldBe(1_200);
            answers.ShouldAllBe(answer => answer.Promoted <= DirectoryLimits.GrainsPerCallMax);
            answers[^1].Remaining.ShouldBe(0);
        }
    }

    [Fact]
    public async Task The_meta_of_a_shard_names_format_shards_and_the_process_it_was_opened_on()
    {
        await OpenedAsync(new DirectoryOptions { Shards = 2 });
        var admin = await redis.AdminAsync();

        var meta = (await admin.HashGetAllAsync("{hf:01}:meta"))
            .ToDictionary(field => field.Name.ToString(), field => field.Value.ToString(), StringComparer.Ordinal);

        var info = await admin.ExecuteAsync("INFO", "server");
        info.ToString()!.ShouldContain($"run_id:{meta["run"]}");
        (meta["format"], meta["shards"], meta["floor"], meta["seq"], meta["window"])
            .ShouldBe(("1", "2", Actors.Floor.ToString(), "0", "0"));
    }

    [Fact]
    public async Task In_the_window_after_a_loss_only_looking_listing_and_releasing_work()
    {
        var directory = await OpenedAsync();
        await directory.ClaimAsync(Actors.G("a"), Actors.East, 11, 11);
        var admin = await redis.AdminAsync();
        await admin.HashSetAsync("{hf:00}:meta", "window", "1");

        (await directory.LookupAsync(Actors.G("a"))).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ListAllAsync(Actors.East)).ShouldHaveSingleItem();
        (await directory.ReleaseAsync(Actors.G("a"), Actors.E(11), 11)).Status.ShouldBe(DirectoryStatus.Ok);
        (await directory.ClaimAsync(Actors.G("b"), Actors.East, 11, 11)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.GrantAsync(Actors.FailoverWest, 20)).Status.ShouldBe(DirectoryStatus.Reasserting);
        (await directory.PromoteAsync(Actors.FailoverWest, 20, Actors.East)).Status
            .ShouldBe(DirectoryStatus.Reasserting);
    }

    private RedisGrainDirectory Open(DirectoryOptions options)
    {
        var directory = new RedisGrainDirectory(
            options with { Redis = redis.Address, Deadline = PatientDeadline },
            NullLogger<RedisGrainDirectory>.Instance);
        _opened.Add(directory);
        return directory;
    }
}
