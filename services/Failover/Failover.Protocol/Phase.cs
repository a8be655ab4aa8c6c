using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>Where a watched cluster stands.</summary>
internal abstract record Phase
{
    private Phase()
    {
    }

    /// <summary>Why nothing is promoted, or not all, where that was published.</summary>
    public RefusalReason? Reason => this switch
    {
        Monitoring phase => phase.Refused,
        PrimaryUnreachable phase => phase.Refused,
        Promoting phase => phase.Refused,
        Promoted phase => phase.Refused,
        _ => null,
    };

    /// <summary>Nothing is wrong, or not enough of it; or nobody of it was ever known.</summary>
    /// <param name="Refused">That nobody of it is known, where that was published.</param>
    public sealed record Monitoring(RefusalReason? Refused = null) : Phase;

    /// <summary>Its nodes are fenced: the grace runs, or another inherits, or promotion is refused.</summary>
    /// <param name="Incident">The failure.</param>
    /// <param name="Refused">The reason that was published last; each is published once until it changes.</param>
    public sealed record PrimaryUnreachable(Incident Incident, RefusalReason? Refused) : Phase;

    /// <summary>The sweep runs.</summary>
    /// <param name="Incident">The failure.</param>
    /// <param name="Sweep">Its progress.</param>
    /// <param name="Seen">What was observed last.</param>
    /// <param name="IsAnnounced">
    /// Whether the start was published: it waits for the sweep's own token, and for an observation that reaches it.
    /// </param>
    /// <param name="Refused">Why it does not get on, where that was published.</param>
    public sealed record Promoting(
        Incident Incident,
        Sweep Sweep,
        ClusterInput.Unreachable Seen,
        bool IsAnnounced,
        RefusalReason? Refused = null) : Phase;

    /// <summary>The cluster owns nothing; what comes later is swept at the check interval.</summary>
    /// <param name="Incident">The failure.</param>
    /// <param name="Sweep">Its progress.</param>
    /// <param name="Refused">Why what is left is left, where that was published.</param>
    public sealed record Promoted(Incident Incident, Sweep Sweep, RefusalReason? Refused = null) : Phase;
}

/// <summary>What can happen to a watched cluster.</summary>
internal abstract record ClusterInput
{
    private ClusterInput()
    {
    }

    /// <summary>A node of it is live, or not enough are fenced.</summary>
    /// <param name="Refusal">Where it owns grains all the same, nobody of it is known, and it is for us to say.</param>
    public sealed record Reachable(Standing.Refused? Refusal = null) : ClusterInput;

    /// <summary>It is unreachable by the newest observation.</summary>
    /// <param name="Incident">The failure.</param>
    /// <param name="Standing">What may be done about it.</param>
    /// <param name="AskedAt">When the observation was asked for.</param>
    /// <param name="Horizon">How far the observation reaches.</param>
    public sealed record Unreachable(Incident Incident, Standing Standing, Instant AskedAt, Token Horizon)
        : ClusterInput;

    /// <summary>The own election is lost.</summary>
    public sealed record GrantLost : ClusterInput;

    /// <summary>A sweep would get on but for something that all share.</summary>
    /// <param name="Reason">The brake, or Consensus, which gives no token.</param>
    /// <param name="Detail">The same in words.</param>
    public sealed record HeldUp(RefusalReason Reason, string Detail) : ClusterInput;

    /// <summary>The own election has a newer token.</summary>
    public sealed record TokenRaised : ClusterInput;

    /// <summary>A call of its sweep has ended.</summary>
    public sealed record Progressed : ClusterInput;
}

/// <summary>What this Failover may do about an incident.</summary>
internal abstract record Standing
{
    private Standing()
    {
    }

    /// <summary>Another inherits, or the own election is not held.</summary>
    public sealed record Bystander : Standing;

    /// <summary>Promote.</summary>
    /// <param name="Part">Which grain types.</param>
    /// <param name="Orphans">The types that nobody can take.</param>
    /// <param name="Order">The operator's order that demands it at once; null where the grace is waited for.</param>
    public sealed record Acting(TypePart Part, ImmutableArray<string> Orphans, ForceOrder? Order) : Standing;

    /// <summary>It would be ours, but.</summary>
    public sealed record Refused(RefusalReason Reason, string Detail) : Standing;
}
