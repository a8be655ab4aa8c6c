using StackExchange.Redis;

namespace Holdfast.Servers;

/// <summary>
/// Connections to Redis for what a test does itself. A handshake of 1.2.6 that hangs, as happens on a busy machine,
/// keeps its connection from ever serving; another one is opened then.
/// </summary>
public static class RedisConnections
{
    private const int AttemptsMax = 12;
    private static readonly TimeSpan AttemptPatience = TimeSpan.FromSeconds(5);

    /// <summary>A connection that serves.</summary>
    /// <param name="configuration">In StackExchange.Redis' own form; how often and how long is tried is set here. It
    /// would be as long as a synchronous call may take otherwise, several times over.</param>
    /// <exception cref="TimeoutException">None did, in twelve attempts of five seconds.</exception>
    public static async Task<ConnectionMultiplexer> OpenAsync(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.ConnectTimeout = (int)AttemptPatience.TotalMilliseconds;
        options.ConnectRetry = 1;

        // Otherwise the client closes what did not come about by itself, and waits for its last commands.
        options.AbortOnConnectFail = false;
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            if (await AttemptAsync(options) is { } connection) return connection;
        }

        throw new TimeoutException($"Nothing answers at {configuration} in {AttemptsMax} attempts.");
    }

    private static async Task<ConnectionMultiplexer?> AttemptAsync(ConfigurationOptions options)
    {
        try
        {
            var connection = await ConnectionMultiplexer.ConnectAsync(options);
            if (connection.IsConnected) return connection;
            await connection.CloseAsync(allowCommandsToComplete: false);
            return null;
        }
        catch (NullReferenceException)
        {
            // A race within the client, StackExchange.Redis#1260.
            return null;
        }
    }
}
