using Holdfast.Primitives;
using Holdfast.Servers;
using Holdfast.Servers.Topologies;
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

    /// <summary>Options of a directory here.</summary>
    public virtual DirectoryOptions Options(DirectoryOptions options) => options with { Redis = Address };

    public async Task<IDatabase> AdminAsync() => (await AdminConnectionAsync()).GetDatabase();

    /// <summary>Loses everything.</summary>
    public async Task ForgetAsync()
    {
        foreach (var master in await MastersAsync()) await master.FlushAllDatabasesAsync();
    }

    /// <summary>Loses all scripts, and nothing else.</summary>
    public async Task ForgetScriptsAsync()
    {
        foreach (var master in await MastersAsync()) await master.ScriptFlushAsync();
    }

    /// <summary>What shard 00 has; its keys are few and each holds many records.</summary>
    public async Task<IReadOnlyList<KeyValuePair<RedisKey, byte[]>>> RememberAsync()
    {
        var admin = await AdminAsync();
        var memory = new List<KeyValuePair<RedisKey, byte[]>>();
        foreach (var key in await KeysAsync()) memory.Add(KeyValuePair.Create(key, await admin.KeyDumpAsync(key)));
        return memory;
    }

    /// <summary>Puts shard 00 back to what it had.</summary>
    public async Task RollBackAsync(IReadOnlyList<KeyValuePair<RedisKey, byte[]>> memory)
    {
        var admin = await AdminAsync();
        foreach (var key in await KeysAsync()) await admin.KeyDeleteAsync(key);
        foreach (var (key, dump) in memory) await admin.KeyRestoreAsync(key, dump);
    }

    /// <summary>What identifies the processes that may have a shard.</summary>
    public async Task<IReadOnlyList<string>> RunIdsAsync()
    {
        var runs = new List<string>();
        foreach (var master in await MastersAsync())
        {
            var info = (await master.InfoAsync("server")).SelectMany(section => section);
            runs.Add(info.Single(field => field.Key == "run_id").Value);
        }

        return runs;
    }

    /// <summary>What a restart leaves behind: shard 00 as it was, opened on another process.</summary>
    public async Task LookRestartedAsync()
    {
        var admin = await AdminAsync();
        if (!await admin.KeyExistsAsync("{hf:00}:meta")) return;
        foreach (var field in new[] { "run", "line" })
            await admin.HashSetAsync("{hf:00}:meta", field, new string('0', 40));
    }

    /// <summary>
    /// Names a grain in the index of a cluster in shard 00 that it is not of, and no more in its owner's, which had
    /// none but such, if that one is named.
    /// </summary>
    public async Task MisfileAsync(GrainId grain, ClusterId under, ClusterId? owner)
    {
        var admin = await AdminAsync();
        await admin.SetAddAsync($"{{hf:00}}:own:{under}", grain.ToString());
        if (owner is null) return;
        await admin.SetRemoveAsync($"{{hf:00}}:own:{owner}", grain.ToString());
        await admin.HashDeleteAsync("{hf:00}:meta", $"own:{owner}");
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        // Dispose alone waits a second for commands that nobody sent.
        if (_admin is not null) await _admin.CloseAsync(allowCommandsToComplete: false);
        if (_server is not null) await _server.DisposeAsync();
    }

    /// <summary>Where the administrator connects to.</summary>
    protected virtual string AdminAddress => Address;

    // On a thread of its own: the client waits on it for each page, and the pool's threads are those that bring them.
    private async Task<IReadOnlyList<RedisKey>> KeysAsync()
    {
        var masters = await MastersAsync();
        return await Task.Factory.StartNew(
            () => masters.SelectMany(master => master.Keys(pattern: "{hf:00}:*")).ToList(),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private async Task<IReadOnlyList<IServer>> MastersAsync()
    {
        var admin = await AdminConnectionAsync();
        return [.. admin.GetEndPoints().Select(point => admin.GetServer(point)).Where(server => !server.IsSlave)];
    }

    private async Task<ConnectionMultiplexer> AdminConnectionAsync() =>
        _admin ??= await RedisConnections.OpenAsync($"{AdminAddress},allowAdmin=true,syncTimeout=60000");
}

/// <summary>A Redis whose users are those of a file, and an administrator.</summary>
public sealed class RedisUsersFixture : RedisFixture
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-users-");

    private string UsersFile => Path.Combine(_folder.FullName, "users.acl");

    public override async ValueTask InitializeAsync()
    {
        await WriteAsync("user default on nopass ~* &* +@all");
        await StartAsync(new RedisSettings { ConfigLines = [$"aclfile {UsersFile}"] });
    }

    /// <summary>An empty Redis with other users than before.</summary>
    public async Task BeginAsync(string users)
    {
        await WriteAsync(users);
        foreach (var command in new[] { "FLUSHALL", "SCRIPT FLUSH", "ACL LOAD" })
            (await SayAsync(command)).Trim().ShouldBe("OK", command);
    }

    /// <summary>What it answers the administrator.</summary>
    public Task<string> SayAsync(string command) => Server.CliAsync(
        ["--user", "admin", "--pass", "any", "--no-auth-warning", .. command.Split(' ')]);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private Task WriteAsync(string users) =>
        File.WriteAllTextAsync(UsersFile, $"user admin on nopass ~* &* +@all\n{users}\n");
}

/// <summary>A Redis Cluster of one node that has all slots.</summary>
public sealed class RedisClusterFixture : RedisFixture
{
    public override async ValueTask InitializeAsync()
    {
        await StartAsync(new RedisSettings { ConfigLines = ["cluster-enabled yes"] });
        await Server.CliAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await Server.UntilAsync(
            "a cluster that is well", info => info.Contains("cluster_state:ok"), "CLUSTER", "INFO");
    }
}

/// <summary>A Redis Cluster of three masters with a replica each.</summary>
public sealed class RedisThreeMastersFixture : RedisFixture
{
    private RedisCluster? _cluster;

    public RedisCluster Cluster => _cluster ?? throw new InvalidOperationException("It was not started yet.");

    protected override string AdminAddress => Cluster.Addresses;

    public override async ValueTask InitializeAsync() => _cluster = await RedisCluster.StartAsync();

    public override DirectoryOptions Options(DirectoryOptions options) =>
        options with { Redis = Cluster.Nodes[^1].Address };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_cluster is not null) await _cluster.DisposeAsync();
    }
}

/// <summary>A Redis with two replicas behind three Sentinels.</summary>
public sealed class RedisSentinelsFixture : RedisFixture
{
    private RedisSentinels? _sentinels;

    public RedisSentinels Sentinels => _sentinels ?? throw new InvalidOperationException("They were not started yet.");

    protected override string AdminAddress => Sentinels.Servers[0].Address;

    public override async ValueTask InitializeAsync() => _sentinels = await RedisSentinels.StartAsync(replicas: 2);

    public override DirectoryOptions Options(DirectoryOptions options) => options with
    {
        Sentinels = Sentinels.Addresses,
        SentinelMaster = RedisSentinels.MasterName,
    };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_sentinels is not null) await _sentinels.DisposeAsync();
    }
}
