using Holdfast.Benchmarks.Clusters;

namespace Holdfast.Benchmarks.Consensus;

/// <summary>
/// How long nothing is committed after the leader is lost: killed, stopped, or cut off without a word. Ours beside
/// etcd, at equal timers, in namespaces on one switch; killed also with voters of ours that take no hints.
/// </summary>
internal sealed class ConsensusFailover(bool isQuick, string[] arguments)
{
    private static readonly LeaderLoss[] AllCauses = [LeaderLoss.Kill, LeaderLoss.Stop, LeaderLoss.BlackHole];

    private readonly int _rounds = Arguments.Number(arguments, "--rounds") ?? (isQuick ? 2 : 30);

    // etcd draws its timeout from one to two times the value it is given.
    private readonly string[] _ours = ["--heartbeat", "100", "--election-min", "500", "--election-max", "1000"];
    private readonly string[] _unhinted =
        ["--heartbeat", "100", "--election-min", "500", "--election-max", "1000", "--hints", "off"];

    private readonly string[] _theirs = ["--heartbeat-interval", "100", "--election-timeout", "500"];

    public void Run()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        try
        {
            // The members of one system are never cut while those of the other are measured, so both share the switch.
            using var network = new CutNetwork(9);
            using var ours = new HoldfastCluster(directory, network.Places[..3], _ours);
            using var theirs = new EtcdCluster(directory, network.Places[3..6], _theirs);
            using var unhinted = new HoldfastCluster(
                Path.Combine(directory, "unhinted"), network.Places[6..], _unhinted)
            {
                Name = "no hints",
            };
            foreach (var cluster in new IStoreCluster[] { ours, theirs, unhinted })
                Console.WriteLine(cluster.CommandLine);
            List<FailoverSide> sides = [new(ours, network, 0), new(theirs, network, 3), new(unhinted, network, 6)];
            foreach (var side in sides) side.Begin();
            for (var round = 1; round <= _rounds; round++) Round(round, sides);
            Print(sides[0], sides[1], sides[2]);
        }
        finally
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    private static void Round(int round, List<FailoverSide> sides)
    {
        foreach (var cause in AllCauses)
        {
            var measured = cause == LeaderLoss.Kill ? sides : sides[..2];
            foreach (var side in round % 2 == 1 ? measured : Enumerable.Reverse(measured))
                Console.WriteLine($"round {round}  {side.Name,-8} {cause,-9} {side.Measure(cause),7:F0} ms");
        }
    }

    private void Print(FailoverSide ours, FailoverSide theirs, FailoverSide unhinted)
    {
        static double KillMedian(FailoverSide side) => Statistics.Median(side.Results[LeaderLoss.Kill]);

        double[] Of(FailoverSide side, double share) =>
            [.. AllCauses.Select(cause => Statistics.Quantile([.. side.Results[cause]], share))];
        double[] Ratio(double share) => [.. Of(ours, share).Zip(Of(theirs, share), static (mine, peer) => mine / peer)];

        Result.Print(new Dictionary<string, object>
        {
            ["name"] = "consensus-failover",
            ["peer"] = "etcd 3.4",
            ["rounds"] = _rounds,
            ["machine"] = Result.Machine,
            ["causes"] = new[] { "kill", "stop", "blackhole" },
            ["oursMedianMs"] = Result.Rounded(Of(ours, 0.5), 0),
            ["oursP99Ms"] = Result.Rounded(Of(ours, 0.99), 0),
            ["theirsMedianMs"] = Result.Rounded(Of(theirs, 0.5), 0),
            ["theirsP99Ms"] = Result.Rounded(Of(theirs, 0.99), 0),
            ["ratioMedian"] = Result.Rounded(Ratio(0.5), 2),
            ["ratioP99"] = Result.Rounded(Ratio(0.99), 2),
            ["ratioKillWithoutHints"] = Math.Round(KillMedian(unhinted) / KillMedian(theirs), 2),
        });
    }
}

/// <summary>How a leader is lost.</summary>
internal enum LeaderLoss
{
    /// <summary>SIGKILL: its connections close.</summary>
    Kill,

    /// <summary>SIGSTOP: its connections stay, and it says nothing.</summary>
    Stop,

    /// <summary>Its cable is pulled at the switch.</summary>
    BlackHole,
}
