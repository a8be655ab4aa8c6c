namespace Holdfast.Contracts.Http;

/// <summary>
/// Whether a service can do its work: <c>GET /readyz</c> of each, with 200 or 503.
/// </summary>
public sealed record ReadinessAnswer
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>Nothing it depends on is missing.</summary>
    public required bool Ready { get; init; }

    /// <summary>What is missing.</summary>
    public required IReadOnlyList<ReadinessFinding> WaitsFor { get; init; }

    /// <summary>What somebody should look at, though it makes nothing unready.</summary>
    public required IReadOnlyList<ReadinessFinding> Warnings { get; init; }
}

/// <summary>What one check of a service found.</summary>
public sealed record ReadinessFinding
{
    /// <summary>The check.</summary>
    public required string Name { get; init; }

    /// <summary>What it found, for people.</summary>
    public required string Reason { get; init; }
}
