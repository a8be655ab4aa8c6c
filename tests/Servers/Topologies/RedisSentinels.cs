using System.Globalization;
using Holdfast.Servers.Native;

namespace Holdfast.Servers.Topologies;

/// <summary>
/// A master with replicas, and three Sentinels that replace it a second after it fell silent: native processes. The
/// replicas and the Sentinels come as users of their own, so that either can be cut off from a server while clients
/// still reach it.
/// </summary>
public sealed class RedisSentinels : IAsyncDisposable
{
    /// <summary>What the Sentinels call the master.</summary>
    public const string MasterName = "holdfast-tests";

    private const int SentinelCount = 3;
    private const string ReplicaUser = "replica";
    private const string SentinelUser = "sentinel";
    private const string Password = "inner";

    private readonly List<ITestServer> _servers;
    private readonly List<ITestServer> _sentinels;

    private RedisSentinels(List<ITestServer> servers, List<ITestServer> sentinels) =>
        (_servers, _sentinels) = (servers, sentinels);

    /// <summary>The servers with data; the first was the master at start.</summary>
    public IReadOnlyList<ITestServer> Servers => _servers;

    public IReadOnlyList<ITestServer> Sentinels => _sentinels;

    /// <summary>All Sentinels, <c>host:port</c>, separated by commas.</summary>
    public string Addresses => string.Join(',', _sentinels.Select(one => one.Address));

    /// <summary>Completes when all of them know each other.</summary>
    /// <param name="replicas">1 or more.</param>
    /// <param name="configLines">Lines of redis.conf for the servers with data.</param>
    public static async Task<RedisSentinels> StartAsync(int replicas = 1, params string[] configLines)
    {
        var native = new NativeServers("topologies are native");
        var topology = new RedisSentinels([], []);
        try
        {
            topology._servers.Add(await native.StartRedisAsync(Settings(configLines)));
            var master = topology._servers[0];
            for (var i = 0; i < replicas; i++)
            {
                topology._servers.Add(await native.StartRedisAsync(
                    Settings([.. configLines, $"replicaof {master.Host} {master.Port}"])));
            }

            await topology.ReplicatedAsync();
            for (var i = 0; i < SentinelCount; i++)
                topology._sentinels.Add(await native.StartRedisAsync(SentinelSettings(master)));
            foreach (var sentinel in topology._sentinels) await topology.KnowsAllAsync(sentinel);
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    /// <summary>Which server a majority of the Sentinels names.</summary>
    public async Task<ITestServer> MasterAsync()
    {
        var named = await Task.WhenAll(_sentinels.Select(NamedByAsync));
        var port = named.GroupBy(one => one).MaxBy(group => group.Count())!.Key;
        return _servers.Single(server => server.Port == port);
    }

    /// <summary>Completes when the Sentinels name another master, which takes writes.</summary>
    public async Task<ITestServer> AnotherMasterAsync(ITestServer former)
    {
        foreach (var sentinel in _sentinels)
        {
            await sentinel.UntilAsync(
                $"another master than {former.Address}",
                answer => PortIn(answer) is { } port && port != former.Port,
                AskForMaster);
        }

        var master = await MasterAsync();
        await master.UntilAsync("a master", answer => answer.StartsWith("master", StringComparison.Ordinal), "ROLE");
        return master;
    }

    /// <summary>
    /// Makes the Sentinels replace a master that is well, once. For eight seconds its former master is one, too, and
    /// would be it again if the new one stalled for as long as makes a Sentinel replace it: they wait a minute now.
    /// </summary>
    public async Task FailoverAsync()
    {
        foreach (var sentinel in _sentinels)
            await sentinel.CliAsync("SENTINEL", "SET", MasterName, "down-after-milliseconds", "60000");
        await _sentinels[0].CliAsync("SENTINEL", "FAILOVER", MasterName);
    }

    /// <summary>
    /// What an operator does by hand where the Sentinels refuse to, because a replica was cut off for too long: makes
    /// it the master, and has the Sentinels name it.
    /// </summary>
    public async Task PromoteByHandAsync(ITestServer replica)
    {
        await replica.CliAsync("REPLICAOF", "NO", "ONE");
        foreach (var sentinel in _sentinels)
        {
            await sentinel.CliAsync("SENTINEL", "REMOVE", MasterName);
            await sentinel.CliAsync("SENTINEL", "MONITOR", MasterName, replica.Host, $"{replica.Port}", "2");
        }
    }

    /// <summary>Cuts the replicas off from a server; clients and Sentinels still reach it.</summary>
    public static Task CutReplicasAsync(ITestServer server) => CutAsync(server, ReplicaUser);

    /// <summary>Cuts replicas and Sentinels off from a server; only clients still reach it.</summary>
    public static async Task IsolateAsync(ITestServer server)
    {
        await CutAsync(server, ReplicaUser);

        // Sentinels are let in and refused what they ask. One that is not let in asks as the default user, to whom
        // nothing may be forbidden: clients come as that one, and hang up where they may not PING.
        await server.CliAsync("ACL", "SETUSER", SentinelUser, "-@all");
    }

    /// <summary>Undoes <see cref="CutReplicasAsync"/> and <see cref="IsolateAsync"/>.</summary>
    public static async Task HealAsync(ITestServer server)
    {
        await server.CliAsync("ACL", "SETUSER", ReplicaUser, "on");
        await server.CliAsync("ACL", "SETUSER", SentinelUser, "+@all");
    }

    public async ValueTask DisposeAsync()
    {
        // Sentinels first: they need not wonder.
        foreach (var server in _sentinels.Concat(_servers)) await server.DisposeAsync();
    }

    private static string[] AskForMaster => ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterName];

    private static RedisSettings Settings(string[] configLines) => new()
    {
        Users = [$"{ReplicaUser} on >{Password} ~* &* +@all", $"{SentinelUser} on >{Password} ~* &* +@all"],
        ConfigLines =
        [
            $"masteruser {ReplicaUser}",
            $"masterauth {Password}",
            "repl-diskless-sync-delay 0",
            "repl-ping-replica-period 1",
            .. configLines,
        ],
    };

    private static RedisSettings SentinelSettings(ITestServer master) => new()
    {
        IsSentinel = true,
        ConfigLines =
        [
            $"sentinel monitor {MasterName} {master.Host} {master.Port} 2",
            $"sentinel down-after-milliseconds {MasterName} 1000",
            $"sentinel failover-timeout {MasterName} 4000",
            $"sentinel auth-user {MasterName} {SentinelUser}",
            $"sentinel auth-pass {MasterName} {Password}",
        ],
    };

    private static async Task CutAsync(ITestServer server, string user)
    {
        await server.CliAsync("ACL", "SETUSER", user, "off");
        await server.CliAsync("CLIENT", "KILL", "USER", user);
    }

    private static async Task<int?> NamedByAsync(ITestServer sentinel) =>
        PortIn(await sentinel.CliAsync(AskForMaster));

    private static int? PortIn(string answer) =>
        int.TryParse(answer.Split('\n')[^1], CultureInfo.InvariantCulture, out var port) ? port : null;

    private async Task ReplicatedAsync()
    {
        foreach (var replica in _servers.Skip(1))
        {
            await replica.UntilAsync(
                "a replica in step",
                answer => answer.Contains("master_link_status:up", StringComparison.Ordinal),
                "INFO",
                "replication");
        }
    }

    private async Task KnowsAllAsync(ITestServer sentinel)
    {
        await sentinel.UntilAsync(
            "all known to each other",
            answer => Field(answer, "num-slaves") == _servers.Count - 1 &&
                Field(answer, "num-other-sentinels") == SentinelCount - 1,
            "SENTINEL",
            "MASTER",
            MasterName);

        static int? Field(string answer, string name)
        {
            var lines = answer.Split('\n');
            var at = Array.IndexOf(lines, name);
            return at >= 0 ? int.Parse(lines[at + 1], CultureInfo.InvariantCulture) : null;
        }
    }
}
