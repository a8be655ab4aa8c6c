namespace Holdfast.Contracts.Http;

/// <summary>
/// An election as it is now.
/// </summary>
public sealed record ElectionAnswer
{
    /// <summary>Its name.</summary>
    public required string Election { get; init; }

    /// <summary>The session that holds it; absent when nobody does.</summary>
    public string? Holder { get; init; }

    /// <summary>The newest token granted or advanced, 16 hex digits.</summary>
    public string? Token { get; init; }

    /// <summary>The cluster of the holder.</summary>
    public string? Cluster { get; init; }

    /// <summary>The node of the holder.</summary>
    public string? Node { get; init; }

    /// <summary>The Raft term of the grant.</summary>
    public required ulong Term { get; init; }

    /// <summary>The sessions that wait, the next first.</summary>
    public required IReadOnlyList<string> Queue { get; init; }
}
