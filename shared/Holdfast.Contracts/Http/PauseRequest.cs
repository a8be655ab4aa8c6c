namespace Holdfast.Contracts.Http;

/// <summary>Pauses automatic failover: <c>POST /v1/pause</c> of Failover.</summary>
public sealed record PauseRequest
{
    /// <summary>The cluster whose grains stay where they are; absent: every cluster.</summary>
    public string? Cluster { get; init; }

    /// <summary>Why, for people.</summary>
    public string? Reason { get; init; }
}

/// <summary>Ends a pause: <c>POST /v1/resume</c> of Failover.</summary>
public sealed record ResumeRequest
{
    /// <summary>The cluster of the pause; absent: the one of every cluster.</summary>
    public string? Cluster { get; init; }
}
