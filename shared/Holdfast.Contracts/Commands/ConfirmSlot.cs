namespace Holdfast.Contracts;

/// <summary>
/// A host says that a slot started or stopped.
/// </summary>
public sealed record ConfirmSlot : ICommand
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

    /// <summary><c>started</c>, <c>stopped</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>What happened, in words.</summary>
    public string? Detail { get; init; }
}
