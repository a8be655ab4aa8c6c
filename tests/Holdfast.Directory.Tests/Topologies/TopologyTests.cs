using Holdfast.Directory.Redis;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
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

    /// <summary>Claims grain after grain until told to stop; what was acknowledged, in order.</summary>
    protected static async Task<IReadOnlyList<GrainId>> ClaimUntilAsync(
        IGrainDirectory directory, string name, Task stop, TaskCompletionSource begun)
    {
        var acknowledged = new List<GrainId>();
        while (!stop.IsCompleted)
        {
            var grain = G($"{name}-{acknowledged.Count}");
            (await directory.ClaimAsync(grain, East, 11, 11)).Status.ShouldBe(DirectoryStatus.Ok);
            acknowledged.Add(grain);
            if (acknowledged.Count == 20) begun.TrySetResult();
        }

        return acknowledged;
    }
}
