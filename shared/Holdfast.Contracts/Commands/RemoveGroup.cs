namespace Holdfast.Contracts;

/// <summary>
/// Removes a group.
/// </summary>
public sealed record RemoveGroup : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The group.</summary>
    public required string Group { get; init; }
}
