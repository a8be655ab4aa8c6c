using Holdfast.Servers;
using Holdfast.Servers.Topologies;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>A hash slot of a Redis Cluster on its way to another master, in the steps of an operator's tool.</summary>
internal sealed class SlotMove
{
    private readonly RedisCluster _cluster;
    private readonly ITestServer _from;
    private readonly ITestServer _to;
    private readonly string _slot;

    private SlotMove(RedisCluster cluster, ITestServer from, ITestServer to, string slot) =>
        (_cluster, _from, _to, _slot) = (cluster, from, to, slot);

    /// <summary>From here on, what is not at the one master is asked for at the other.</summary>
    public static async Task<SlotMove> BeginAsync(RedisCluster cluster, string key, ITestServer from, ITestServer to)
    {
        var slot = await from.CliAsync("CLUSTER", "KEYSLOT", key);
        await to.CliAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", await RedisCluster.IdOfAsync(from));
        await from.CliAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", await RedisCluster.IdOfAsync(to));
        return new SlotMove(cluster, from, to, slot);
    }

    /// <summary>The keys that are still where they were.</summary>
    public async Task<IReadOnlyList<string>> AllAsync() =>
        (await _from.CliAsync("CLUSTER", "GETKEYSINSLOT", _slot, "1000"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public async Task KeysAsync(IReadOnlyList<string> keys)
    {
        if (keys.Count == 0) return;
        await _from.CliAsync(["MIGRATE", _to.Host, $"{_to.Port}", "", "0", "5000", "KEYS", .. keys]);
    }

    public async Task EndAsync()
    {
        var id = await RedisCluster.IdOfAsync(_to);
        await _to.CliAsync("CLUSTER", "SETSLOT", _slot, "NODE", id);
        foreach (var master in (await _cluster.MastersAsync()).Where(master => master != _to))
            await master.CliAsync("CLUSTER", "SETSLOT", _slot, "NODE", id);
    }
}
