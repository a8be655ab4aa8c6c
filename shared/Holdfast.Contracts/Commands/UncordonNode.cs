namespace Holdfast.Contracts;

/// <summary>
/// Slots may be placed on a node again.
/// </summary>
public sealed record UncordonNode : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }
}
