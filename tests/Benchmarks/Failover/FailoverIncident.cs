using Holdfast.Servers;

namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// How long it takes from the death of all nodes of a cluster until a subscriber holds the promotion of its last grain,
/// beside Redis Sentinel's way from the death of its master to the first accepted write.
/// </summary>
internal sealed class FailoverIncident(bool isQuick, string[] arguments)
{
    /// <summary>How many nodes die.</summary>
    public const int Nodes = 2;

    private const int Grains = 10_000;
    private const int Survivors = 3;
    private const string Dying = "east";

    // Long enough for the observers to know the habit of a node that came back.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(6);

    private readonly int _rounds = Arguments.Number(arguments, "--rounds") ?? (isQuick ? 2 : 20);
    private readonly string[] _listens =
        [.. Enumerable.Range(0, Nodes + Survivors).Select(_ => $"127.0.0.1:{FreePort.Next()}")];

    public async Task RunAsync()
    {
        Console.WriteLine(
            $"not the defaults: {SystemSettings.Differences}, {SystemSettings.AgentDifferences}; " +
            SentinelGroup.Differences);
        var ours = new List<IncidentTimes>();
        var theirs = new List<double>();
        await using var system = await FailoverSystem.StartAsync();
        var survivors = Enumerable.Range(0, Survivors)
            .Select(i => Start(system, SystemSettings.Heir, i + 1, _listens[Nodes + i])).ToList();
        var agents = StartDying(system);
        await using var watch = await IncidentWatch.StartAsync(system, Dying);
        try
        {
            // The first does not count: all of it is compiled there.
            for (var round = 0; round <= _rounds; round++)
            {
                var incident = await DieAsync(system, watch, agents);
                agents = StartDying(system);
                Console.WriteLine($"{(round == 0 ? "warm" : $"round {round}")}: {incident}");
                if (round == 0) continue;
                ours.Add(incident);
                using var sentinels = new SentinelGroup();
                theirs.Add(sentinels.Measure());
                Console.WriteLine($"round {round}: Sentinel {theirs[^1]:F0} ms");
            }
        }
        finally
        {
            foreach (var agent in agents.Concat(survivors)) agent.Dispose();
        }

        Print(ours, theirs);
    }

    private ServiceProcess[] StartDying(FailoverSystem system) =>
        [.. Enumerable.Range(0, Nodes).Select(i => Start(system, Dying, i + 1, _listens[i]))];

    private ServiceProcess Start(FailoverSystem system, string cluster, int number, string listen) =>
        system.Settings.StartAgent($"{cluster}-{number}", cluster, listen, _listens[Nodes..]);

    private static async Task<IncidentTimes> DieAsync(
        FailoverSystem system, IncidentWatch watch, ServiceProcess[] agents)
    {
        await FailoverSystem.AwaitAsync("the nodes live", async () =>
            (await system.Consensus.SnapshotAsync(CancellationToken.None)).Nodes
                .Count(node => node.Live) == Nodes + Survivors);
        var snapshot = await system.Consensus.SnapshotAsync(CancellationToken.None);
        var place = snapshot.Nodes.First(node => node.Cluster == Dying);
        await using var session = await system.OpenSessionAsync(place.Node, Dying, place.Generation);
        await system.ClaimAsync(session, Failover.Grains.Take(Grains));
        Pause.For(Rest);
        Precedence.GiveToChildren();
        watch.Begin(Grains);
        var killedAt = DateTime.UtcNow;
        foreach (var agent in agents) agent.Kill();
        var times = await watch.EndAsync(killedAt);
        foreach (var agent in agents) agent.Dispose();
        return times;
    }

    private static void Print(List<IncidentTimes> ours, List<double> theirs)
    {
        double MedianOf(Func<IncidentTimes, double> part) => Math.Round(Statistics.Median(ours.Select(part)), 1);
        var sentinel = Statistics.Median(theirs);
        Result.Print(new Dictionary<string, object>
        {
            ["name"] = "failover-incident",
            ["peer"] = "redis-sentinel",
            ["rounds"] = ours.Count,
            ["machine"] = Result.Machine,
            ["grains"] = Grains,
            ["detectionMs"] = MedianOf(one => one.Detection),
            ["fenceMs"] = MedianOf(one => one.Fence),
            ["decisionMs"] = MedianOf(one => one.Decision),
            ["promotionMs"] = MedianOf(one => one.Promotion),
            ["deliveryMs"] = MedianOf(one => one.Delivery),
            ["afterDetectionP99Ms"] = Math.Round(
                Statistics.Quantile([.. ours.Select(one => one.AfterDetection)], 0.99), 1),
            ["totalMedianMs"] = MedianOf(one => one.Total),
            ["sentinelMedianMs"] = Math.Round(sentinel, 1),
            ["ratioToSentinel"] = Math.Round(Statistics.Median(ours.Select(one => one.Total)) / sentinel, 2),
        });
    }
}
