namespace Holdfast.Contracts.Http;

/// <summary>A snapshot that one voter took of its state; it is durable there.</summary>
public sealed record SnapshotTakenAnswer
{
    /// <summary>Whose it is.</summary>
    public required string Node { get; init; }

    /// <summary>The last entry that is in it.</summary>
    public required ulong Index { get; init; }

    /// <summary>The term of that entry.</summary>
    public required ulong Term { get; init; }

    /// <summary>The length of its content.</summary>
    public required long Bytes { get; init; }
}
