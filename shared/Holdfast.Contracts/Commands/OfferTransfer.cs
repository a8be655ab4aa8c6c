namespace Holdfast.Contracts;

/// <summary>
/// Asks the owner of grains to offer them to another cluster.
/// </summary>
public sealed record OfferTransfer : ICommand
{
    /// <summary>Chosen by the sender; a repeat is carried out once.</summary>
    public required Guid CommandId { get; init; }

    /// <summary>The owner.</summary>
    public required string FromCluster { get; init; }

    /// <summary>The receiver.</summary>
    public required string ToCluster { get; init; }

    /// <summary>Only this type; absent: all.</summary>
    public string? GrainType { get; init; }

    /// <summary>So many, in shares of the programs that own them, each rounded up; absent: all.</summary>
    public int? GrainsMax { get; init; }
}
