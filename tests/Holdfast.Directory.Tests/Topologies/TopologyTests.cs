using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>Directories on a topology of servers that a test takes apart.</summary>
public abstract class TopologyTests : IAsyncDisposable
{
    /// <summary>Longer than any switch of a master takes on a busy machine.</summary>
    protected static readonly TimeSpan Patient = TimeSpan.FromSeconds(30);

    /// <summary>Shorter than any switch of a master.</summary>
    protected static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    private readonly List<IAsyncDisposable> _opened = [];

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var directory in _opened) await directory.DisposeAsync();
    }

    /// <summary>A connection of its own.</summary>
    protected RedisGrainDirectory Open(DirectoryOptions options)
    {
        var directory = new RedisGrainDirectory(options, NullLogger<RedisGrainDirectory>.Instance);
        _opened.Add(directory);
        return directory;
    }

    /// <summary>Opens all shards.</summary>
    protected static async Task CreateAsync(IGrainDirectory directory)
    {
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var opened = await directory.OpenShardAsync(shard, FailoverWest, T(9), Floor, Cancel);
            opened.Status.ShouldBe(DirectoryStatus.Ok);
        }
    }

    /// <summary>Asks a shard until there is an answer; the first call pays for the connection.</summary>
    protected static async Task<ShardAnswer> AnsweredAsync(IGrainDirectory directory, int shard)
    {
        using var giveUp = new CancellationTokenSource(Patient);
        while (true)
        {
            try
            {
                return await directory.ShardAsync(shard, giveUp.Token);
            }
            catch (DirectoryUnavailableException) when (!giveUp.IsCancellationRequested)
            {
                continue;
            }
        }
    }

    /// <summary>Asks until another process answers; a master is looked for every second.</summary>
    protected static async Task<ShardAnswer> LeftAsync(IGrainDirectory directory, string process)
    {
        var answers = 0;
        using var giveUp = new CancellationTokenSource(Patient);
        try
        {
            while (true)
            {
                var answer = await directory.ShardAsync(0, giveUp.Token);
                if (answer.Process != process) return answer;
                answers++;
            }
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException(
                $"After {Patient} no process but {process} had answered, that one {answers} times.", late);
        }
    }

    /// <summary>A shard that another master has.</summary>
    protected static async Task<int> ShardElsewhereAsync(RedisCluster cluster, ITestServer master, int shards)
    {
        for (var shard = 0; shard < shards; shard++)
        {
            if (await cluster.MasterOfAsync($"{{hf:{GrainShard.Name(shard)}}}:meta") != master) return shard;
        }

        throw new InvalidOperationException($"{master.Address} has all {shards} shards.");
    }

    /// <summary>Says for each shard that nothing was lost, as who relays it does after it compared.</summary>
    protected static async Task ConfirmAllAsync(IGrainDirectory directory)
    {
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            var known = (await AnsweredAsync(directory, shard)).Version;
            (await directory.ConfirmShardAsync(shard, FailoverWest, Floor, known, Cancel)).Status
                .ShouldBe(DirectoryStatus.Ok);
        }
    }

    /// <summary>
    /// Claims grain after grain until told to stop; what was acknowledged, in order. A shard in a process that nobody
    /// confirmed yet is asked again.
    /// </summary>
    protected static async Task<IReadOnlyList<GrainId>> ClaimUntilAsync(
        IGrainDirectory directory, string name, Task stop, TaskCompletionSource begun)
    {
        var acknowledged = new List<GrainId>();
        while (!stop.IsCompleted)
        {
            var grain = G($"{name}-{acknowledged.Count}");
            var status = (await directory.ClaimAsync(grain, East, 11, 11)).Status;
            if (status == DirectoryStatus.ShardLost) continue;
            status.ShouldBe(DirectoryStatus.Ok);
            acknowledged.Add(grain);
            if (acknowledged.Count == 20) begun.TrySetResult();
        }

        return acknowledged;
    }
}
