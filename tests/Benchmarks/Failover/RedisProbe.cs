using System.Globalization;
using Holdfast.Servers;
using StackExchange.Redis;

namespace Holdfast.Benchmarks.Failover;

/// <summary>What Redis itself says: its own log of commands, its own account of memory.</summary>
internal sealed class RedisProbe : IDisposable
{
    private const int LogEntriesMax = 200_000;

    private readonly ConnectionMultiplexer _multiplexer;
    private readonly IDatabase _database;

    public RedisProbe(ITestServer redis)
    {
        var options = ConfigurationOptions.Parse(redis.Address);
        (options.AllowAdmin, options.SyncTimeout) = (true, 60_000);
        _multiplexer = ConnectionMultiplexer.Connect(options);
        _database = _multiplexer.GetDatabase();
        Say("CONFIG", "SET", "slowlog-max-len", LogEntriesMax);
    }

    /// <summary>From now on Redis logs every command with the time that it took.</summary>
    public void StartLog()
    {
        Say("CONFIG", "SET", "slowlog-log-slower-than", 0);
        Say("SLOWLOG", "RESET");
    }

    /// <summary>The scripts that were run since, and no more from now on.</summary>
    public IReadOnlyList<LoggedScript> EndLog()
    {
        Say("CONFIG", "SET", "slowlog-log-slower-than", -1);
        var entries = (RedisResult[])Say("SLOWLOG", "GET", -1)!;
        return
        [
            .. entries
                .Select(entry => (RedisResult[])entry!)
                .Select(entry => new LoggedScript((string[])entry[3]!, (long)entry[2]))
                .Where(script => script.Arguments[0].StartsWith("EVAL", StringComparison.OrdinalIgnoreCase)),
        ];
    }

    public long UsedBytes()
    {
        var line = ((string)Say("INFO", "memory")!).Split("\r\n")
            .First(line => line.StartsWith("used_memory:", StringComparison.Ordinal));
        return long.Parse(line["used_memory:".Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Bytes of the keys with these patterns, every element counted, by Redis' own MEMORY USAGE.
    /// </summary>
    public long BytesOf(params string[] patterns) => patterns
        .SelectMany(pattern => (string[])Say("KEYS", pattern)!)
        .Sum(key => (long)Say("MEMORY", "USAGE", key, "SAMPLES", 0));

    public void Forget(params string[] patterns)
    {
        foreach (var key in patterns.SelectMany(pattern => (string[])Say("KEYS", pattern)!)) Say("DEL", key);
    }

    /// <summary>How many members the sets or streams with this pattern have together.</summary>
    public long Count(string command, string pattern) =>
        ((string[])Say("KEYS", pattern)!).Sum(key => (long)Say(command, key));

    public void Dispose() => _multiplexer.Dispose();

    private RedisResult Say(string command, params object[] arguments) => _database.Execute(command, arguments);
}

/// <summary>A call of a script as Redis logged it: at most 31 of its arguments, and how long it ran.</summary>
internal sealed record LoggedScript(string[] Arguments, long Micros)
{
    public double Milliseconds => Micros / 1000.0;

    public bool Has(string argument) => Arguments.Contains(argument, StringComparer.Ordinal);
}
