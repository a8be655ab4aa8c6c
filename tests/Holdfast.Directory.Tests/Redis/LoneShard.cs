using Holdfast.Directory.Redis;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using static Holdfast.Directory.Tests.Contract.Actors;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A Redis of its own with a directory of one shard, 00, and what is in it.</summary>
internal sealed class LoneShard : IAsyncDisposable
{
    private readonly RedisFixture _redis = new();
    private readonly List<IAsyncDisposable> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ITestServer Server => _redis.Server;

    public string Address => _redis.Address;

    public Task StartAsync() => _redis.StartAsync();

    public Task<IDatabase> AdminAsync() => _redis.AdminAsync();

    /// <summary>All of shard 00, byte for byte.</summary>
    public async Task<Dictionary<string, string>> MemoryAsync() => (await _redis.RememberAsync())
        .OrderBy(one => (string)one.Key!, StringComparer.Ordinal)
        .ToDictionary(one => (string)one.Key!, one => Convert.ToHexString(one.Value));

    public async Task<RedisGrainDirectory> OpenedAsync()
    {
        await _redis.StartAsync();
        var directory = Open();
        (await directory.OpenShardAsync(0, FailoverWest, T(9), Floor, Cancel)).Status.ShouldBe(DirectoryStatus.Ok);
        return directory;
    }

    public RedisGrainDirectory Open(DirectoryOptions? options = null)
    {
        options ??= new DirectoryOptions { Redis = _redis.Address, Deadline = TimeSpan.FromSeconds(20) };
        var directory = new RedisGrainDirectory(
            options with { Shards = 1 }, NullLogger<RedisGrainDirectory>.Instance);
        _opened.Add(directory);
        return directory;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _opened) await one.DisposeAsync();
        await _redis.DisposeAsync();
    }
}
