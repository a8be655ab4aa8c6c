namespace Holdfast.Contracts.Http;

/// <summary>
/// Turns evidence into fact: <c>POST /v1/fence</c>.
/// </summary>
public sealed record FenceRequest
{
    /// <summary>The silent node.</summary>
    public required string Node { get; init; }

    /// <summary>Its cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The generation that is convicted.</summary>
    public required ulong Generation { get; init; }

    /// <summary>How long the caller has not heard from it, measured now.</summary>
    public required TimeSpan SilentFor { get; init; }

    /// <summary><c>silence</c>, <c>processDeath</c>, <c>left</c> or <c>operator</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>The node that completed the conviction.</summary>
    public required string Reporter { get; init; }

    /// <summary>The evidence.</summary>
    public required IReadOnlyList<ObserverEvidence> Observers { get; init; }
}
