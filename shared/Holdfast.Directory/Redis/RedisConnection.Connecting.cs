using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>How the connection comes about and comes back.</summary>
internal sealed partial class RedisConnection
{
    private const string ClientName = "holdfast-directory";

    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan NodesPause = TimeSpan.FromMilliseconds(250);

    private Task _looking = Task.CompletedTask;
    private long _lookedAt;

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        // The first call must not pay for the handshake on its own thread.
        await Task.Yield();
        _ = _watching?.Value;
        while (true)
        {
            _closing.Token.ThrowIfCancellationRequested();
            try
            {
                var multiplexer = await _open(await ConfigurationAsync());
                multiplexer.PreserveAsyncOrder = false;
                multiplexer.ConnectionFailed += OnConnectionFailed;
                multiplexer.ConnectionRestored += OnConnectionRestored;
                if (multiplexer.IsConnected)
                {
                    await AuthenticateAsync(multiplexer);
                    Log.Connected(_logger, _options.RedisName);
                }

                Heard();
                _whyNotConnected = null;
                Greet();
                return multiplexer;
            }
            catch (Exception error) when (
                error is not OperationCanceledException || !_closing.IsCancellationRequested)
            {
                // Whatever it was: nobody tries but this, and all calls would fail for good if it ended.
                _whyNotConnected = error.Message;
                Log.ConnectFailed(_logger, _options.RedisName, error.Message);
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
            ClientName = ClientName,

            // It ends the handshake with an ECHO, which Redis answers while it still loads, and with a PING where it
            // must not use that. Then it would ask on, be told to wait, hang up and begin anew at once: as often as a
            // loading Redis has time to answer, which it needs for loading.
            CommandMap = CommandMap.Create(["ECHO"], available: false),

            // Neither is used, and an access list should not have to allow them.
            TieBreaker = "",
            ConfigurationChannel = "",
        };
        if (_sentinels is not null) _master = await _sentinels.MasterAsync(_closing.Token);
        foreach (var endpoint in RedisEndpoint.ReadAll(_master ?? _options.Redis))
            configuration.EndPoints.Add(endpoint);
        if (_options is { User: null, PasswordFile: not null }) configuration.Password = await PasswordAsync();
        return configuration;
    }

    /// <summary>Read anew each time, so that a changed password needs no restart.</summary>
    private async Task<string> PasswordAsync() =>
        (await File.ReadAllTextAsync(_options.PasswordFile!, _closing.Token)).TrimEnd('\r', '\n');

    /// <summary>Becomes the user of the access list on every server that has a shard.</summary>
    private async Task AuthenticateAsync(ConnectionMultiplexer multiplexer)
    {
        // On each server of a cluster; a shard that moves meanwhile is authenticated by its call.
        var shards = IsCluster(multiplexer) ? _options.Shards : 1;
        var keys = Enumerable.Range(0, shards).Select(shard => (RedisKey)$"{{hf:{GrainShard.Name(shard)}}}:meta");
        await Task.WhenAll(keys.Select(key => AuthenticateAsync(multiplexer, key)));
    }

    /// <summary>
    /// Becomes the user of the access list on the server that has a key; the handshake of 1.2.6 knows no user. It sends
    /// a command to the server of the first key among its arguments, and AUTH has none. HELLO also sets the name of the
    /// connection, and may be given one with the shard's hash tag.
    /// </summary>
    private async Task AuthenticateAsync(ConnectionMultiplexer multiplexer, RedisKey key)
    {
        if (_options is not { User: { } user, PasswordFile: not null }) return;
        try
        {
            object[] hello = [2, "AUTH", user, await PasswordAsync(), "SETNAME", key.Prepend(ClientName)];
            await multiplexer.GetDatabase()
                .ExecuteAsync("HELLO", hello, CommandFlags.DemandMaster)
                .WaitAsync(_options.Deadline, _time, _closing.Token);
            _isWrongPassword = false;
        }
        catch (Exception error) when (error is RedisServerException || RedisError.IsFile(error))
        {
            _isWrongPassword = error is RedisServerException refusal && RedisError.HasCode(refusal, "WRONGPASS");

            // The call that needed the rights is answered with the server's own words; the password is in none.
            Log.AuthenticationFailed(_logger, user, error.Message);
        }
        catch (Exception error) when (RedisError.IsRedis(error))
        {
            // That server is down: who calls it next is not let in, and comes here again.
            Log.AuthenticationFailed(_logger, user, error.Message);
        }
    }

    /// <summary>
    /// A call failed: on a Redis Cluster another node may be the master now. 1.2.6 follows where it is sent, and goes
    /// on to take who was a replica for one, to whom nothing may be written, until it is told to look again.
    /// </summary>
    private void LookForNodes(RedisLink used)
    {
        if (used.Made is not { } multiplexer) return;
        lock (_gate)
        {
            // One that was left is closed, and knows its servers no more.
            if (_closing.IsCancellationRequested || !ReferenceEquals(used, _link)) return;
            if (_time.GetElapsedTime(_lookedAt) < NodesPause || !_looking.IsCompleted) return;
            if (!IsCluster(multiplexer)) return;
            _lookedAt = _time.GetTimestamp();
            _looking = LookAsync();
        }

        async Task LookAsync()
        {
            try
            {
                await Task.Yield();
                await multiplexer.ConfigureAsync();
            }
            catch (Exception error) when (error is OperationCanceledException || RedisError.IsRedis(error))
            {
                Log.ConnectFailed(_logger, _options.RedisName, error.Message);
            }
        }
    }

    /// <summary>One at a time is enough: what connects meanwhile is greeted by its next call.</summary>
    private void Greet()
    {
        lock (_gate)
        {
            if (!_closing.IsCancellationRequested && _greeting.IsCompleted) _greeting = _onConnected(_closing.Token);
        }
    }

    private static bool IsCluster(ConnectionMultiplexer multiplexer) => multiplexer.GetEndPoints()
        .Any(endpoint => multiplexer.GetServer(endpoint).ServerType == ServerType.Cluster);

    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs failure)
    {
        if (failure.ConnectionType == ConnectionType.Interactive)
            Log.ConnectionLost(_logger, _options.RedisName, failure.FailureType.ToString());
    }

    private void OnConnectionRestored(object? sender, ConnectionFailedEventArgs restored)
    {
        if (restored.ConnectionType != ConnectionType.Interactive) return;
        Log.Connected(_logger, _options.RedisName);
        _ = ReauthenticateAsync((ConnectionMultiplexer)sender!);
    }

    private async Task ReauthenticateAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await AuthenticateAsync(multiplexer);
            Greet();
        }
        catch (Exception error) when (
            error is OperationCanceledException || RedisError.IsRedis(error))
        {
            Log.AuthenticationFailed(_logger, _options.User ?? "", error.Message);
        }
    }
}
