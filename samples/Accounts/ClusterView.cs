using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>Who of the own cluster is there, as Consensus told at one moment.</summary>
/// <param name="Programs">The nodes on which a program like this one has a live session.</param>
/// <param name="LiveSessions">All sessions that have not ended and are not revoked.</param>
/// <param name="Known">A session with a higher id may have been opened since.</param>
internal sealed record ClusterLook(
    IReadOnlyList<string> Programs, IReadOnlySet<SessionId> LiveSessions, ulong Known)
{
    /// <summary>Whether a session is known to be over; one that is newer than this look is not.</summary>
    public bool IsOver(SessionId session) => !LiveSessions.Contains(session) && session.Opened.Index <= Known;
}

/// <summary>Asks Consensus about the own node and the own cluster.</summary>
internal sealed class ClusterView(ConsensusClient consensus, NodeOptions self)
{
    private const string SessionName = "accounts";
    private const string Live = "live";

    public NodeOptions Self => self;

    /// <summary>The session to open, with the node, so that a fence ends it; null while the node is not live.</summary>
    public async Task<HoldfastSessionOptions?> SessionAsync(CancellationToken cancel)
    {
        var snapshot = await consensus.SnapshotAsync(cancel);
        var own = snapshot.Nodes.FirstOrDefault(known => known.Node == self.Id.Value);
        return own is not { Live: true }
            ? null
            : new HoldfastSessionOptions
            {
                Cluster = self.Cluster,
                Node = self.Id,
                Generation = new Generation(own.Generation),
                Name = SessionName,
            };
    }

    public async Task<ClusterLook> LookAsync(CancellationToken cancel)
    {
        var snapshot = await consensus.SnapshotAsync(cancel);
        var live = snapshot.Sessions.Where(session => session.State == Live).ToList();
        return new ClusterLook(
            [.. live.Where(IsLikeThis).Select(session => session.Node!).Append(self.Id.Value).Distinct()],
            live.Select(session => SessionId.Parse(session.Session)).ToHashSet(),
            snapshot.AppliedIndex);
    }

    private bool IsLikeThis(SessionAnswer session) =>
        session is { Name: SessionName, Node: not null } && session.Cluster == self.Cluster.Value;
}
