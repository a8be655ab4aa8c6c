namespace Holdfast.Contracts;

/// <summary>
/// One grain of a batch.
/// </summary>
public sealed record GrainChange
{
    /// <summary>The type of the grain.</summary>
    public required string Type { get; init; }

    /// <summary>The key of the grain.</summary>
    public required string Key { get; init; }

    /// <summary>The epoch before; absent when there was none.</summary>
    public string? OldEpoch { get; init; }

    /// <summary>The epoch after; the fencing value.</summary>
    public required string NewEpoch { get; init; }
}
