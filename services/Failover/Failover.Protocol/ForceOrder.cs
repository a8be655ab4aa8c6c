using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// An operator's word that a cluster's grains are to be promoted whatever grace, pause, brake, layout and heir say. It
/// counts for fences below its own token only: it was given about that failure, not about a later one. Of a cluster
/// that nobody is known of there is no fence; there it counts for <see cref="AgeMax"/>, while nobody lives in it.
/// </summary>
/// <param name="From">The unreachable cluster.</param>
/// <param name="To">Who takes over.</param>
/// <param name="Token">The token of the entry.</param>
/// <param name="Operator">Who gave it, in his own words.</param>
/// <param name="Reason">Why.</param>
/// <param name="At">When it was given.</param>
public sealed record ForceOrder(ClusterId From, ClusterId To, Token Token, string Operator, string Reason, Instant At)
{
    /// <summary>How long it counts where there is no fence.</summary>
    public static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(10);

    /// <summary>Whether it is about a failure: one that was fenced before, or the one that it makes.</summary>
    public bool IsAbout(Incident incident) => From == incident.Cluster && Token >= incident.Decisive.Token;
}
