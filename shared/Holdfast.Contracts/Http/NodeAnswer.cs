namespace Holdfast.Contracts.Http;

/// <summary>
/// What Consensus knows of a node.
/// </summary>
public sealed record NodeAnswer
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Its cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The newest generation that opened a session or was fenced.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Whether a live agent session of the newest generation exists.</summary>
    public required bool Live { get; init; }

    /// <summary>The newest fence.</summary>
    public FenceAnswer? Fence { get; init; }
}
