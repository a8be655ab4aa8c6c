namespace Holdfast.Contracts;

/// <summary>
/// What one observer of a peer saw when it joined the verdict.
/// </summary>
public sealed record ObserverEvidence
{
    /// <summary>The observer.</summary>
    public required string NodeId { get; init; }

    /// <summary>The cluster of the observer.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Its suspicion: minus the decimal logarithm of the chance that the peer still lives.</summary>
    public required double Phi { get; init; }

    /// <summary>Milliseconds since it last heard from the peer.</summary>
    public required long SilentForMs { get; init; }
}
