namespace Holdfast.Contracts.Http;

/// <summary>
/// A peer as one agent sees it: <c>GET /v1/members</c> of Gossip.
/// </summary>
public sealed record MemberAnswer
{
    /// <summary>The peer.</summary>
    public required string Node { get; init; }

    /// <summary>Its cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Its generation.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Its verdict.</summary>
    public required ulong Verdict { get; init; }

    /// <summary><c>up</c>, <c>suspected</c>, <c>down</c> or <c>left</c>.</summary>
    public required string State { get; init; }

    /// <summary>Generation and verdict as text.</summary>
    public required string Sequence { get; init; }

    /// <summary>The suspicion now; 0 where this agent does not observe it.</summary>
    public required double Phi { get; init; }

    /// <summary>The threshold for this peer.</summary>
    public required double PhiThreshold { get; init; }

    /// <summary>Since it was last heard, where this agent observes it.</summary>
    public TimeSpan? SilentFor { get; init; }

    /// <summary>When this agent would suspect it if it stayed silent.</summary>
    public TimeSpan? ConvictsIn { get; init; }

    /// <summary>Who observes it.</summary>
    public required IReadOnlyList<string> Observers { get; init; }

    /// <summary>Who suspects it now.</summary>
    public required IReadOnlyList<string> Accusers { get; init; }

    /// <summary>Where it gossips.</summary>
    public required string Address { get; init; }

    /// <summary>Where its agent serves HTTP.</summary>
    public string? HttpAddress { get; init; }
}
