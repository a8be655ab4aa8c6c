namespace Holdfast.Contracts.Http;

/// <summary>
/// What is known of a token.
/// </summary>
public sealed record TokenAnswer
{
    /// <summary>The token.</summary>
    public required string Token { get; init; }

    /// <summary>The session it names.</summary>
    public string? Session { get; init; }

    /// <summary>The election it was granted in, where it was.</summary>
    public string? Election { get; init; }

    /// <summary>Whether nothing newer was minted for the same purpose.</summary>
    public required bool Newest { get; init; }

    /// <summary>Whether the session is live.</summary>
    public required bool SessionAlive { get; init; }
}
