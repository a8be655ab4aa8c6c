using Holdfast.Servers;
using StackExchange.Redis;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A Redis of a test class' own, and a connection that may do everything.</summary>
public class RedisFixture : IAsyncLifetime
{
    private ITestServer? _server;
    private ConnectionMultiplexer? _admin;

    public ITestServer Server => _server ?? throw new InvalidOperationException("Redis was not started yet.");

    public string Address => Server.Address;

    public virtual async ValueTask InitializeAsync() => await StartAsync();

    public async Task StartAsync(RedisSettings? settings = null) =>
        _server = await TestServers.Current.StartRedisAsync(settings);

    public async Task<IDatabase> AdminAsync()
    {
        _admin ??= await ConnectionMultiplexer.ConnectAsync($"{Address},allowAdmin=true");
        return _admin.GetDatabase();
    }

    /// <summary>Loses everything.</summary>
    public virtual async Task ForgetAsync() => await (await AdminAsync()).ExecuteAsync("FLUSHALL");

    /// <summary>What shard 00 has; its keys are few and each holds many records.</summary>
    public async Task<IReadOnlyList<KeyValuePair<RedisKey, byte[]>>> RememberAsync()
    {
        var admin = await AdminAsync();
        var memory = new List<KeyValuePair<RedisKey, byte[]>>();
        foreach (var key in (RedisKey[])await admin.ExecuteAsync("KEYS", "{hf:00}:*"))
            memory.Add(KeyValuePair.Create(key, await admin.KeyDumpAsync(key)));
        return memory;
    }

    /// <summary>Puts shard 00 back to what it had.</summary>
    public async Task RollBackAsync(IReadOnlyList<KeyValuePair<RedisKey, byte[]>> memory)
    {
        var admin = await AdminAsync();
        foreach (var key in (RedisKey[])await admin.ExecuteAsync("KEYS", "{hf:00}:*")) await admin.KeyDeleteAsync(key);
        foreach (var (key, dump) in memory) await admin.KeyRestoreAsync(key, dump);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        // Dispose alone waits a second for commands that nobody sent.
        if (_admin is not null) await _admin.CloseAsync(allowCommandsToComplete: false);
        if (_server is not null) await _server.DisposeAsync();
    }
}

/// <summary>A Redis Cluster of one node that has all slots.</summary>
public sealed class RedisClusterFixture : RedisFixture
{
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(20);

    public override async ValueTask InitializeAsync()
    {
        await StartAsync(new RedisSettings { ConfigLines = ["cluster-enabled yes"] });
        var admin = await AdminAsync();
        await admin.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        using var giveUp = new CancellationTokenSource(ReadyMax);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!(await admin.ExecuteAsync("CLUSTER", "INFO")).ToString()!.Contains("cluster_state:ok"))
            await pace.WaitForNextTickAsync(giveUp.Token);
    }
}
