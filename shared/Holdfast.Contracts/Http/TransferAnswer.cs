namespace Holdfast.Contracts.Http;

/// <summary>Who leads after leadership was handed on.</summary>
public sealed record TransferAnswer
{
    /// <summary>The voter that leads now.</summary>
    public required string Leader { get; init; }

    /// <summary>Its URL, where it is known.</summary>
    public string? LeaderAddress { get; init; }
}
