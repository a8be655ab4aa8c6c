using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>How the connection comes about and comes back.</summary>
internal sealed partial class RedisConnection
{
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(250);

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        // The first call must not pay for the handshake on its own thread.
        await Task.Yield();
        while (true)
        {
            _closing.Token.ThrowIfCancellationRequested();
            try
            {
                var multiplexer = await ConnectionMultiplexer.ConnectAsync(await ConfigurationAsync());
                multiplexer.PreserveAsyncOrder = false;
                multiplexer.ConnectionFailed += OnConnectionFailed;
                multiplexer.ConnectionRestored += OnConnectionRestored;
                if (multiplexer.IsConnected)
                {
                    TellUserOnCluster(multiplexer);
                    await AuthenticateAsync(multiplexer);
                    Log.Connected(_logger, _options.Redis);
                }

                Heard();
                return multiplexer;
            }
            catch (Exception error) when (RedisError.IsRedis(error) || RedisError.IsFile(error))
            {
                Log.ConnectFailed(_logger, _options.Redis, error.Message);
            }

            await Task.Delay(ConnectPause, _time, _closing.Token);
        }
    }

    private async Task<ConfigurationOptions> ConfigurationAsync()
    {
        var configuration = new ConfigurationOptions
        {
            AbortOnConnectFail = false,
            ConnectTimeout = 2_000,
            ConnectRetry = 1,
            KeepAlive = 10,
            ReconnectRetryPolicy = new LinearRetry(250),
            ClientName = "holdfast-directory",
            // Neither is used, and an access list should not have to allow them.
            TieBreaker = "",
            ConfigurationChannel = "",
        };
        foreach (var endpoint in _options.Redis.Split(',')) configuration.EndPoints.Add(endpoint.Trim());
        if (_options is { User: null, PasswordFile: not null }) configuration.Password = await PasswordAsync();
        return configuration;
    }

    /// <summary>Read anew each time, so that a changed password needs no restart.</summary>
    private async Task<string> PasswordAsync() =>
        (await File.ReadAllTextAsync(_options.PasswordFile!, _closing.Token)).TrimEnd('\r', '\n');

    /// <summary>Becomes the user of the access list; the handshake of 1.2.6 knows none.</summary>
    private async Task AuthenticateAsync(ConnectionMultiplexer multiplexer)
    {
        if (_options is not { User: { } user, PasswordFile: not null }) return;
        try
        {
            var password = await PasswordAsync();
            await multiplexer.GetDatabase()
                .ExecuteAsync("AUTH", user, password)
                .WaitAsync(_options.Deadline, _time, _closing.Token);
            _isWrongPassword = false;
        }
        catch (Exception error) when (error is RedisServerException || RedisError.IsFile(error))
        {
            _isWrongPassword = error is RedisServerException refusal && RedisError.HasCode(refusal, "WRONGPASS");

            // The call that needed the rights is answered with the server's own words; the password is in none.
            Log.AuthenticationFailed(_logger, user, error.Message);
        }
    }

    /// <summary>AUTH goes to one server, and 1.2.6 cannot send it to each of a cluster's.</summary>
    private void TellUserOnCluster(ConnectionMultiplexer multiplexer)
    {
        if (_options.User is not { } user) return;
        var members = multiplexer.GetEndPoints()
            .Count(endpoint => multiplexer.GetServer(endpoint).ServerType == ServerType.Cluster);
        if (members > 1) Log.UserOnCluster(_logger, user);
    }

    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs failure)
    {
        if (failure.ConnectionType == ConnectionType.Interactive)
            Log.ConnectionLost(_logger, _options.Redis, failure.FailureType.ToString());
    }

    private void OnConnectionRestored(object? sender, ConnectionFailedEventArgs restored)
    {
        if (restored.ConnectionType != ConnectionType.Interactive) return;
        Log.Connected(_logger, _options.Redis);
        _ = ReauthenticateAsync((ConnectionMultiplexer)sender!);
    }

    private async Task ReauthenticateAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await AuthenticateAsync(multiplexer);
        }
        catch (Exception error) when (
            error is OperationCanceledException || RedisError.IsRedis(error))
        {
            Log.AuthenticationFailed(_logger, _options.User ?? "", error.Message);
        }
    }
}
