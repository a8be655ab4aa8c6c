using Holdfast.Benchmarks.Clusters;

namespace Holdfast.Benchmarks.Consensus;

/// <summary>
/// How long nothing is committed after the leader is lost: killed, stopped, or cut off without a word. Ours beside
/// etcd, at equal timers, in namespaces on one switch.
/// </summary>
internal sealed class ConsensusFailover(bool isQuick, string[] arguments)
{
    private static readonly LeaderLoss[] AllCauses = [LeaderLoss.Kill, LeaderLoss.Stop, LeaderLoss.BlackHole];

    private readonly int _rounds = Arguments.Number(arguments, "--rounds") ?? (isQuick ? 2 : 30);

    // etcd draws its timeout from one to two times the value it is given.
    private readonly string[] _ours = ["--heartbeat", "100", "--election-min", "500", "--election-max", "1000"];
    private readonly string[] _theirs = ["--heartbeat-interval", "100", "--election-timeout", "500"];

    public void Run()
    {
        var directory = Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        try
        {
            // The members of one system are never cut while those of the other are measured, so both share the switch.
            using var network = new CutNetwork(6);
            using var ours = new HoldfastCluster(directory, network.Places[..3], _ours);
            using var theirs = new EtcdCluster(directory, network.Places[3..], _theirs);
            Console.WriteLine(ours.CommandLine);
            Console.WriteLine(theirs.CommandLine);
            List<FailoverSide> sides = [new(ours, network, 0), new(theirs, network, 3)];
            foreach (var side in sides) side.Begin();
            for (var round = 1; round <= _rounds; round++) Round(round, sides);
            Print(sides[0], sides[1]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Round(int round, List<FailoverSide> sides)
    {
        foreach (var cause in AllCauses)
        {
            foreach (var side in round % 2 == 1 ? sides : Enumerable.Reverse(sides))
                Console.WriteLine($"round {round}  {side.Name,-8} {cause,-9} {side.Measure(cause),7:F0} ms");
        }
    }

    private void Print(FailoverSide ours, FailoverSide theirs)
    {
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
