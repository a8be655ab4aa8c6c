using Holdfast.Servers;
using Holdfast.Servers.Topologies;
using StackExchange.Redis;

namespace Holdfast.Client.Guards.Tests;

/// <summary>Words in Redis lists.</summary>
public class RedisStore : IGuardedStore, IAsyncLifetime
{
    private static readonly RedisGuardedWrite Append = new("return redis.call('RPUSH', KEYS[1], ARGV[1])");

    private readonly HashSet<GrainId> _written = [];
    private IReadOnlyList<ITestServer> _servers = [];
    private ConnectionMultiplexer? _connection;

    public IDatabase Redis => _connection!.GetDatabase();

    protected static RedisSettings Durable => new() { ConfigLines = ["appendonly yes", "appendfsync always"] };

    public async ValueTask InitializeAsync()
    {
        _servers = await StartAsync();
        await ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_connection is not null) await _connection.CloseAsync(allowCommandsToComplete: false);
        foreach (var server in _servers) await server.DisposeAsync();
    }

    public async Task<WriteAnswer> WriteAsync(GrainId grain, string epoch, string word)
    {
        lock (_written) _written.Add(grain);
        return Epoch.TryParse(epoch, out var read)
            ? WriteAnswer.Of((await Append.RunAsync(
                Redis, grain, read, [Words(grain)], [word], TestContext.Current.CancellationToken)).Answer)
            : await WriteByHandAsync(grain, epoch, word);
    }

    public async Task<IReadOnlyList<string>> ReadAsync(GrainId grain) =>
        [.. (await Redis.ListRangeAsync(Words(grain))).Select(word => (string)word)];

    public async Task RestartAsync()
    {
        foreach (var server in _servers) await server.KillAsync();
        foreach (var server in _servers) await server.RestartAsync();
        await WellAsync();
        await _connection!.CloseAsync(allowCommandsToComplete: false);
        await ConnectAsync();
    }

    public async Task ForgetAsync()
    {
        foreach (var grain in _written) await Redis.KeyDeleteAsync(RedisGuardedWrite.EpochKey(grain));
    }

    /// <summary>Loses all scripts, and nothing else.</summary>
    public async Task ForgetScriptsAsync()
    {
        foreach (var server in _servers) await server.CliAsync("SCRIPT", "FLUSH");
    }

    public async Task PauseAsync()
    {
        foreach (var server in _servers) await server.PauseAsync();
    }

    public async Task ResumeAsync()
    {
        foreach (var server in _servers) await server.ResumeAsync();
        await WellAsync();
    }

    protected virtual async Task<IReadOnlyList<ITestServer>> StartAsync() =>
        [await TestServers.Current.StartRedisAsync(Durable)];

    /// <summary>Completes when what was hurt has found itself again.</summary>
    protected virtual Task WellAsync() => Task.CompletedTask;

    /// <summary>As a program without our client would, with the script's text.</summary>
    private async Task<WriteAnswer> WriteByHandAsync(GrainId grain, string epoch, string word)
    {
        try
        {
            RedisKey guard = RedisGuardedWrite.EpochKey(grain);
            var reply = (RedisResult[])await Redis.ExecuteAsync(
                "EVAL", Append.Script, 2, guard, Words(grain), epoch, word);
            return new WriteAnswer(
                (long)reply[0] == 1 ? WriteOutcome.Written : WriteOutcome.Refused, (string)reply[1]);
        }
        catch (RedisServerException malformed) when (malformed.Message.Contains("EPOCHMALFORMED"))
        {
            return WriteAnswer.Malformed(malformed.Message);
        }
    }

    private async Task ConnectAsync() => _connection = await RedisConnections.OpenAsync(
        string.Join(',', _servers.Select(server => server.Address)) + ",allowAdmin=true");

    private static RedisKey Words(GrainId grain) => $"words:{RedisGuardedWrite.Tag(grain)}";
}

/// <summary>The same on three masters with replicas.</summary>
public sealed class RedisClusterStore : RedisStore
{
    private RedisCluster? _cluster;

    protected override async Task<IReadOnlyList<ITestServer>> StartAsync() =>
        (_cluster = await RedisCluster.StartAsync(Durable)).Nodes;

    protected override Task WellAsync() => _cluster!.WellAsync();
}
