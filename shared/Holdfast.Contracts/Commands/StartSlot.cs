namespace Holdfast.Contracts;

/// <summary>
/// Asks a host to start a slot.
/// </summary>
public sealed record StartSlot : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The slot.</summary>
    public required int Slot { get; init; }

    /// <summary>The host.</summary>
    public required string NodeId { get; init; }

    /// <summary>The epoch of the slot.</summary>
    public required string Epoch { get; init; }
}
