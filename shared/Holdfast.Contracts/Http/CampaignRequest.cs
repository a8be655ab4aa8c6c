namespace Holdfast.Contracts.Http;

/// <summary>
/// Campaigns, resigns or advances: <c>POST /v1/elections/{name}/campaign|resign|advance</c>.
/// </summary>
public sealed record CampaignRequest
{
    /// <summary>The session of the caller.</summary>
    public required string Session { get; init; }
}
