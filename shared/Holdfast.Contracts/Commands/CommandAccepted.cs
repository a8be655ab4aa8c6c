namespace Holdfast.Contracts;

/// <summary>
/// The answer to a command that was or will be carried out.
/// </summary>
public sealed record CommandAccepted : ICommandAnswer
{
    /// <summary>The command.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>What was done.</summary>
    public string? Detail { get; init; }
}
