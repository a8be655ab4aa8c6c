namespace Holdfast.Contracts.Http;

/// <summary>
/// A session as it is now.
/// </summary>
public sealed record SessionAnswer
{
    /// <summary>Its id: the token of the entry that opened it.</summary>
    public required string Session { get; init; }

    /// <summary>Its newest token, 16 hex digits.</summary>
    public required string Token { get; init; }

    /// <summary>The cluster of the client.</summary>
    public required string Cluster { get; init; }

    /// <summary>The node it lives on.</summary>
    public string? Node { get; init; }

    /// <summary>The generation of that node.</summary>
    public ulong? Generation { get; init; }

    /// <summary>Time to live without a keep-alive.</summary>
    public required TimeSpan Ttl { get; init; }

    /// <summary>A word for people.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it is the session of the node's own agent.</summary>
    public required bool Agent { get; init; }

    /// <summary><c>live</c>, <c>revoked</c> (no right to tokens, time to live still running) or <c>ended</c>.</summary>
    public required string State { get; init; }
}
