namespace Holdfast.Contracts;

/// <summary>
/// The answer to a command that was not carried out; nothing changed.
/// </summary>
public sealed record CommandRefused : ICommandAnswer
{
    /// <summary>The command.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>A stable word for the reason.</summary>
    public required string Code { get; init; }

    /// <summary>What was wrong.</summary>
    public required string Detail { get; init; }

    /// <summary>What would be legal.</summary>
    public required string Legal { get; init; }
}
