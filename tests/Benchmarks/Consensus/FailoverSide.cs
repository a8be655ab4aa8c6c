using System.Diagnostics;
using System.Runtime.InteropServices;
using Holdfast.Benchmarks.Clusters;

namespace Holdfast.Benchmarks.Consensus;

/// <summary>One of the two systems whose leader is taken away, again and again.</summary>
internal sealed partial class FailoverSide(IStoreCluster cluster, CutNetwork network, int firstPlace)
{
    private const int Continue = 18;
    private const int Stop = 19;

    // Long enough for the members to have caught up, so that any of them can be elected.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    // Of both systems.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(100);

    public string Name => cluster.Name;

    /// <summary>Milliseconds without a committed write, by cause.</summary>
    public Dictionary<LeaderLoss, List<double>> Results { get; } =
        Enum.GetValues<LeaderLoss>().ToDictionary(cause => cause, _ => new List<double>());

    public void Begin()
    {
        cluster.Start();
        cluster.AwaitServing();
        Pause.For(Rest);
    }

    /// <summary>
    /// Takes the leader away and puts it back; the time from then until a write is committed that was sent after it.
    /// </summary>
    public double Measure(LeaderLoss cause)
    {
        var leader = cluster.Leader();
        var place = firstPlace + cluster.Members.ToList().IndexOf(leader);
        using var probe = new CommitProbe(cluster, cluster.Members.Where(member => member != leader));

        // To ask a voter of ours whether it leads makes it beat at once, to ask etcd does not: the loss comes at any
        // moment between two heartbeats, of both.
        Pause.For(Heartbeat * (1 + Random.Shared.NextDouble()));
        var lost = Stopwatch.GetTimestamp();
        Take(cause, leader, place);
        var committed = probe.AwaitCommit(lost);
        PutBack(cause, leader, place);
        cluster.Start();
        cluster.AwaitServing();
        Pause.For(Rest);
        var milliseconds = Stopwatch.GetElapsedTime(lost, committed).TotalMilliseconds;
        Results[cause].Add(milliseconds);
        return milliseconds;
    }

    private void Take(LeaderLoss cause, Member leader, int place)
    {
        if (cause == LeaderLoss.BlackHole) network.Cut(place);
        else if (cause == LeaderLoss.Stop) Demand(Signal(leader.Process!.Id, Stop));
        else leader.Process!.Kill();
    }

    private void PutBack(LeaderLoss cause, Member leader, int place)
    {
        if (cause == LeaderLoss.BlackHole) network.Join(place);
        else if (cause == LeaderLoss.Stop) Demand(Signal(leader.Process!.Id, Continue));
        else leader.Process = null;
    }

    private static void Demand(int result)
    {
        if (result != 0) throw new MeasurementFailedException("A process could not be signalled.");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int process, int signal);
}
