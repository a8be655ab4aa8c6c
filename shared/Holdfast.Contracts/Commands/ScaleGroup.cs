namespace Holdfast.Contracts;

/// <summary>
/// Changes the number of slots of a group.
/// </summary>
public sealed record ScaleGroup : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>How many slots, 1 to 65,535.</summary>
    public required int Slots { get; init; }
}
