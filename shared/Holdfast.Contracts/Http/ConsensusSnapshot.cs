namespace Holdfast.Contracts.Http;

/// <summary>
/// Everything the state machine of Consensus holds, at one applied index: <c>GET /snapshot</c>.
/// </summary>
public sealed record ConsensusSnapshot
{
    /// <summary>The voter that answers.</summary>
    public required string Node { get; init; }

    /// <summary>Term and applied index.</summary>
    public required string Sequence { get; init; }

    /// <summary>The index of the state.</summary>
    public required ulong AppliedIndex { get; init; }

    /// <summary>Whether the voters span three failure domains, none with a majority.</summary>
    public required bool SafeLayout { get; init; }

    /// <summary>What is wrong with the layout.</summary>
    public string? LayoutProblem { get; init; }

    /// <summary>Nodes that ever had an agent session or were fenced.</summary>
    public required IReadOnlyList<NodeAnswer> Nodes { get; init; }

    /// <summary>Sessions that have not ended.</summary>
    public required IReadOnlyList<SessionAnswer> Sessions { get; init; }

    /// <summary>Elections that were ever granted.</summary>
    public required IReadOnlyList<ElectionAnswer> Elections { get; init; }

    /// <summary>All definitions.</summary>
    public required IReadOnlyList<DefinitionAnswer> Definitions { get; init; }

    /// <summary>The newest loss of memory of each shard of the directory that ever lost one.</summary>
    public IReadOnlyList<DirectoryLossAnswer> DirectoryLosses { get; init; } = [];
}
