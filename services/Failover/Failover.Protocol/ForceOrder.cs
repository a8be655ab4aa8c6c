using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// An operator's word that a cluster's grains are to be promoted whatever grace, pause, brake, layout and heir say. It
/// counts for fences below its own token only: it was given about that failure, not about a later one.
/// </summary>
/// <param name="From">The unreachable cluster.</param>
/// <param name="To">Who takes over.</param>
/// <param name="Token">The token of the entry.</param>
/// <param name="Operator">Who gave it, in his own words.</param>
/// <param name="Reason">Why.</param>
public sealed record ForceOrder(ClusterId From, ClusterId To, Token Token, string Operator, string Reason)
{
    public bool IsAbout(Incident incident) => From == incident.Cluster && Token > incident.Decisive.Token;
}
