namespace Holdfast.Contracts;

/// <summary>
/// Asks the supervisor of a node to abort the handoff under way.
/// </summary>
public sealed record AbortHandoff : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }

    /// <summary>The configured daemon.</summary>
    public required string Daemon { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
