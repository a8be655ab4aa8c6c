namespace Holdfast.Contracts;

/// <summary>
/// No slot is placed on a node from now on.
/// </summary>
public sealed record CordonNode : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }
}
