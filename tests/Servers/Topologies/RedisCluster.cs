using System.Globalization;
using Holdfast.Servers.Native;

namespace Holdfast.Servers.Topologies;

/// <summary>
/// A Redis Cluster of three masters with a replica each. It replaces nobody who is merely slow, as on a busy machine
/// all of them are at times, until a test has it <see cref="ReplaceSoonAsync"/>.
/// </summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Masters = 3;
    private const string ReplicaUser = "replica";
    private const string Password = "inner";

    private readonly List<ITestServer> _nodes;

    private RedisCluster(List<ITestServer> nodes) => _nodes = nodes;

    public IReadOnlyList<ITestServer> Nodes => _nodes;

    /// <summary>All nodes, <c>host:port</c>, separated by commas.</summary>
    public string Addresses => string.Join(',', _nodes.Select(node => node.Address));

    /// <summary>Completes when every node says that the cluster is well and every replica is in step.</summary>
    public static async Task<RedisCluster> StartAsync(RedisSettings? settings = null)
    {
        var native = new NativeServers("topologies are native");
        var cluster = new RedisCluster([]);
        settings ??= new RedisSettings();
        settings = settings with
        {
            Users = [.. settings.Users, $"{ReplicaUser} on >{Password} ~* &* +@all"],
            ConfigLines =
            [
                "cluster-enabled yes",

                // Redis's own. A node that is met has this long to answer, too, and is met only once.
                "cluster-node-timeout 15000",

                // However long it was cut off, a replica stands: what it lost meanwhile is what tests are about.
                "cluster-replica-validity-factor 0",
                $"masteruser {ReplicaUser}",
                $"masterauth {Password}",
                "repl-diskless-sync-delay 0",
                .. settings.ConfigLines,
            ],
        };
        try
        {
            for (var i = 0; i < 2 * Masters; i++) cluster._nodes.Add(await native.StartRedisAsync(settings));
            await cluster.JoinAsync();
            await cluster.WellAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The master that has a key, as the nodes that are up see it.</summary>
    public async Task<ITestServer> MasterOfAsync(string key)
    {
        var up = await FirstUpAsync();
        var slot = int.Parse(await up.CliAsync("CLUSTER", "KEYSLOT", key), CultureInfo.InvariantCulture);
        return NodeAt((await NodesAsync(up)).Single(node => node.IsMaster && node.Has(slot)));
    }

    /// <summary>The replica of a master.</summary>
    public async Task<ITestServer> ReplicaOfAsync(ITestServer master)
    {
        var nodes = await NodesAsync(master);
        var id = nodes.Single(node => node.Port == master.Port).Id;
        return NodeAt(nodes.Single(node => node.MasterId == id));
    }

    /// <summary>The masters that are up.</summary>
    public async Task<IReadOnlyList<ITestServer>> MastersAsync() =>
        [.. (await NodesAsync(await FirstUpAsync())).Where(node => node.IsMaster).Select(NodeAt)];

    /// <summary>What the cluster calls a node.</summary>
    public static Task<string> IdOfAsync(ITestServer node) => node.CliAsync("CLUSTER", "MYID");

    /// <summary>From here on, a master that does not answer for a second is replaced by its replica.</summary>
    /// <param name="login">What redis-cli is told where its usual user may not set this.</param>
    public async Task ReplaceSoonAsync(params string[] login)
    {
        foreach (var node in _nodes) await node.CliAsync([.. login, "CONFIG", "SET", "cluster-node-timeout", "1000"]);
    }

    /// <summary>Completes when a replica has become a master and the others have heard.</summary>
    public async Task TookOverAsync(ITestServer replica, ITestServer former)
    {
        foreach (var node in _nodes.Where(node => node != former))
        {
            await node.UntilAsync(
                $"{replica.Address} master in place of {former.Address}",
                nodes => Read(nodes).Any(one => one.Port == replica.Port && one.IsMaster && one.HasAny),
                "CLUSTER",
                "NODES");
        }
    }

    /// <summary>
    /// Completes when every node says that the cluster is well and who is a replica, and every replica is in step.
    /// </summary>
    public async Task WellAsync()
    {
        foreach (var node in _nodes)
        {
            await node.UntilAsync(
                "a cluster that is well",
                info => info.Contains("cluster_state:ok", StringComparison.Ordinal) &&
                    info.Contains($"cluster_known_nodes:{2 * Masters}", StringComparison.Ordinal),
                "CLUSTER",
                "INFO");
            await node.UntilAsync(
                $"{Masters} replicas",
                nodes => Read(nodes).Count(one => one.IsReplica) == Masters,
                "CLUSTER",
                "NODES");
            await node.UntilAsync(
                "a master with its replica, or a replica in step",
                info => info.Contains("state=online", StringComparison.Ordinal) ||
                    info.Contains("master_link_status:up", StringComparison.Ordinal),
                "INFO",
                "replication");
        }
    }

    /// <summary>Cuts the replica off from its master; clients and the other nodes still reach it.</summary>
    public static async Task CutReplicaAsync(ITestServer master)
    {
        await master.CliAsync("ACL", "SETUSER", ReplicaUser, "off");
        await master.CliAsync("CLIENT", "KILL", "USER", ReplicaUser);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    private static async Task<IReadOnlyList<Node>> NodesAsync(ITestServer asked) =>
        Read(await asked.CliAsync("CLUSTER", "NODES"));

    private static IReadOnlyList<Node> Read(string nodes) =>
        [.. nodes.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Node.Read)];

    private ITestServer NodeAt(Node node) => _nodes.Single(server => server.Port == node.Port);

    private async Task<ITestServer> FirstUpAsync()
    {
        foreach (var node in _nodes)
        {
            try
            {
                await node.CliAsync("PING");
                return node;
            }
            catch (InvalidOperationException) when (node != _nodes[^1])
            {
                continue;
            }
        }

        throw new InvalidOperationException("No node is up.");
    }

    private async Task JoinAsync()
    {
        var first = _nodes[0];
        for (var i = 0; i < Masters; i++)
        {
            var (from, to) = (i * 16_384 / Masters, (i + 1) * 16_384 / Masters - 1);
            await _nodes[i].CliAsync("CLUSTER", "ADDSLOTSRANGE", $"{from}", $"{to}");

            // Of two that claim something, the higher one is right; equal ones take time to settle.
            await _nodes[i].CliAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
        }

        // Its bus is not at the usual distance from its port, so that has to be said.
        var bus = (await first.CliAsync("CLUSTER", "NODES")).Split(' ')[1].Split('@')[1];
        foreach (var node in _nodes.Skip(1)) await node.CliAsync("CLUSTER", "MEET", first.Host, $"{first.Port}", bus);
        for (var i = 0; i < Masters; i++)
        {
            var id = await IdOfAsync(_nodes[i]);
            await _nodes[Masters + i].UntilAsync(
                $"known to {_nodes[Masters + i].Address}", nodes => nodes.Contains(id), "CLUSTER", "NODES");
            await _nodes[Masters + i].CliAsync("CLUSTER", "REPLICATE", id);
        }
    }

    private sealed record Node(string Id, int Port, bool IsMaster, string MasterId, IReadOnlyList<string> Ranges)
    {
        public bool HasAny => Ranges.Count > 0;

        public bool IsReplica => MasterId != "-";

        // id host:port@cport flags master ping pong epoch link-state slot ...
        public static Node Read(string line)
        {
            var fields = line.Trim().Split(' ');
            var port = fields[1].Split(':')[1].Split('@')[0];
            var flags = fields[2].Split(',');
            var isMaster = flags.Contains("master") && !flags.Contains("fail");
            var ranges = fields.Skip(8).Where(range => !range.StartsWith('[')).ToList();
            return new Node(fields[0], int.Parse(port, CultureInfo.InvariantCulture), isMaster, fields[3], ranges);
        }

        public bool Has(int slot) => Ranges.Select(range => range.Split('-')).Any(ends =>
            slot >= int.Parse(ends[0], CultureInfo.InvariantCulture) &&
            slot <= int.Parse(ends[^1], CultureInfo.InvariantCulture));
    }
}
