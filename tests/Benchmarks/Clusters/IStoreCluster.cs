using System.Net;
using Holdfast.Benchmarks.Load;

namespace Holdfast.Benchmarks.Clusters;

/// <summary>Three members of one system, each a process with a directory of its own.</summary>
internal interface IStoreCluster : IDisposable
{
    string Name { get; }

    /// <summary>How each member was started, for the reader of the figures.</summary>
    string CommandLine { get; }

    IReadOnlyList<Member> Members { get; }

    /// <summary>Starts the members that do not run, on the data they have.</summary>
    void Start();

    IStoreWire NewWire();

    /// <summary>Whom one member takes for the leader now; null when it does not know or does not answer.</summary>
    Member? LeaderAccordingTo(Member member);

    /// <summary>The member answers, and knows a leader that does.</summary>
    bool IsServing(Member member);
}

/// <summary>One member and where clients reach it.</summary>
internal sealed record Member(string Name, IPEndPoint Clients)
{
    public ServerProcess? Process { get; set; }
}

internal static class ClusterActions
{
    private static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(30);

    /// <summary>The member that says of itself that it leads.</summary>
    public static Member Leader(this IStoreCluster cluster)
    {
        var deadline = DateTime.UtcNow + LeaderPatience;
        while (DateTime.UtcNow < deadline)
        {
            foreach (var member in cluster.Members)
                if (member.Process is { HasExited: false } && cluster.LeaderAccordingTo(member) == member)
                    return member;
            Pause.For(TimeSpan.FromMilliseconds(20));
        }

        throw new MeasurementFailedException($"No member of {cluster.Name} leads. {cluster.Said()}");
    }

    /// <summary>Returns when all members serve.</summary>
    public static void AwaitServing(this IStoreCluster cluster)
    {
        var deadline = DateTime.UtcNow + LeaderPatience;
        while (!cluster.Members.All(cluster.IsServing))
        {
            if (DateTime.UtcNow > deadline)
                throw new MeasurementFailedException($"Not all members of {cluster.Name} serve. {cluster.Said()}");
            Pause.For(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>SIGKILL to all at once.</summary>
    public static void KillAll(this IStoreCluster cluster)
    {
        foreach (var member in cluster.Members) member.Process?.Kill();
        foreach (var member in cluster.Members) member.Process?.Dispose();
        foreach (var member in cluster.Members) member.Process = null;
    }

    public static ClosedLoop Connect(this IStoreCluster cluster, Member member) =>
        new(member.Clients, cluster.NewWire());

    private static string Said(this IStoreCluster cluster) =>
        string.Join('\n', cluster.Members.Select(member => member.Process?.Said()));
}
