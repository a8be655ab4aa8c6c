namespace Holdfast.Contracts;

/// <summary>
/// No automatic promotion away from a cluster until it is resumed.
/// </summary>
public sealed record PauseFailover : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The watched cluster; absent: every cluster.</summary>
    public string? ClusterId { get; init; }

    /// <summary>Why, kept for those who read it later.</summary>
    public string? Reason { get; init; }
}
