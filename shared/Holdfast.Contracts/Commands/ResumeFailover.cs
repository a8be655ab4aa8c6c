namespace Holdfast.Contracts;

/// <summary>
/// Automatic promotion away from a cluster is allowed again.
/// </summary>
public sealed record ResumeFailover : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The watched cluster; absent: every cluster.</summary>
    public string? ClusterId { get; init; }
}
