namespace Holdfast.Servers;

/// <summary>
/// Where tests take real servers from. Two implementations: native processes on free ports in temporary folders, and
/// containers. Start one for a test or share one; nothing of it outlives the test host.
/// </summary>
public interface IServers
{
    /// <summary>Which implementation this is and why it was chosen, for people who read a test's output.</summary>
    string Description { get; }

    /// <summary>
    /// Starts a RabbitMQ broker with the virtual host <c>/</c>, and the user <c>guest</c> where no definitions are
    /// given; takes 5 to 10 s.
    /// </summary>
    Task<ITestServer> StartRabbitMqAsync(RabbitMqSettings? settings = null);

    /// <summary>Starts a Redis server.</summary>
    Task<ITestServer> StartRedisAsync(RedisSettings? settings = null);

    /// <summary>
    /// Starts a PostgreSQL with the user <c>postgres</c>, who needs no password, and the database of that name; takes 2
    /// to 5 s. What it commits it keeps.
    /// </summary>
    Task<ITestServer> StartPostgreSqlAsync();
}

/// <summary>A server that can be hurt. It keeps its address and its data folder through all of it.</summary>
public interface ITestServer : IAsyncDisposable
{
    /// <summary>The IP address that clients connect to.</summary>
    string Host { get; }

    /// <summary>The port that clients connect to.</summary>
    int Port { get; }

    /// <summary>Host and port.</summary>
    string Address => $"{Host}:{Port}";

    /// <summary>Stops it in good order; what it keeps on disk it keeps.</summary>
    Task StopAsync();

    /// <summary>SIGKILL: no chance to write anything.</summary>
    Task KillAsync();

    /// <summary>SIGSTOP: connections stay open and nobody answers.</summary>
    Task PauseAsync();

    /// <summary>Undoes <see cref="PauseAsync"/>.</summary>
    Task ResumeAsync();

    /// <summary>Starts it again with the data it left; one that still runs is stopped first.</summary>
    Task RestartAsync();
}

/// <summary>How a RabbitMQ is to be set up.</summary>
public sealed record RabbitMqSettings
{
    /// <summary>Users, rights and exchanges, as RabbitMQ exports them in JSON; null for its own defaults.</summary>
    public string? Definitions { get; init; }
}

/// <summary>How a Redis is to be set up.</summary>
public sealed record RedisSettings
{
    /// <summary>
    /// Lines of redis.conf, for instance <c>appendonly yes</c>, <c>maxmemory 64mb</c> or <c>cluster-enabled yes</c>.
    /// Without any it keeps nothing on disk.
    /// </summary>
    public IReadOnlyList<string> ConfigLines { get; init; } = [];

    /// <summary>Users, each as after <c>ACL SETUSER</c>: <c>failover on >secret ~* +@all</c>.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Whether it is a Sentinel, which holds no data. Native processes only.</summary>
    public bool IsSentinel { get; init; }
}
