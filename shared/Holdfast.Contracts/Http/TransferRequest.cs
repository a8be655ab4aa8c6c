namespace Holdfast.Contracts.Http;

/// <summary>The wish that another voter leads.</summary>
public sealed record TransferRequest
{
    /// <summary>The voter that is to lead; null takes the one whose log is the furthest.</summary>
    public string? To { get; init; }
}
