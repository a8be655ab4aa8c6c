namespace Holdfast.Contracts.Http;

/// <summary>
/// Opens a session: <c>POST /v1/sessions</c>.
/// </summary>
public sealed record OpenSessionRequest
{
    /// <summary>The cluster the client belongs to.</summary>
    public required string Cluster { get; init; }

    /// <summary>The node it lives on; absent: the session ends by its own time to live only.</summary>
    public string? Node { get; init; }

    /// <summary>The generation of that node; wanted with a node.</summary>
    public ulong? Generation { get; init; }

    /// <summary>Time to live without a keep-alive, from 500 ms to 10 min.</summary>
    public required TimeSpan Ttl { get; init; }

    /// <summary>A word for people who list sessions.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// True for the session of the node's own agent, one per node and generation: its keep-alives show that the
    /// node lives.
    /// </summary>
    public bool? Agent { get; init; }
}
