using Holdfast.Servers;
using StackExchange.Redis;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A Redis of a test class' own, and a connection that may do everything.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private ITestServer? _server;
    private ConnectionMultiplexer? _admin;

    public ITestServer Server => _server ?? throw new InvalidOperationException("Redis was not started yet.");

    public string Address => Server.Address;

    public async ValueTask InitializeAsync() => await StartAsync();

    public async Task StartAsync(RedisSettings? settings = null) =>
        _server = await TestServers.Current.StartRedisAsync(settings);

    public async Task<IDatabase> AdminAsync()
    {
        _admin ??= await ConnectionMultiplexer.ConnectAsync($"{Address},allowAdmin=true");
        return _admin.GetDatabase();
    }

    public async ValueTask DisposeAsync()
    {
        // Dispose alone waits a second for commands that nobody sent.
        if (_admin is not null) await _admin.CloseAsync(allowCommandsToComplete: false);
        if (_server is not null) await _server.DisposeAsync();
    }
}
