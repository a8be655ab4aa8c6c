using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Explain;

/// <summary><c>holdfast explain &lt;grain&gt; --json</c>, documented in docs/cli.md.</summary>
internal sealed record ExplainReport
{
    public int Format { get; init; } = 1;

    /// <summary>When it was asked, UTC.</summary>
    public required DateTime At { get; init; }

    public required string Grain { get; init; }

    /// <summary>
    /// <c>unclaimed</c> (no record), <c>released</c>, <c>held</c>, <c>waiting</c> (a cluster owns it and none of its
    /// processes holds it) or <c>external</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Its record; absent where nobody ever claimed it.</summary>
    public GrainOwnerAnswer? Record { get; init; }

    /// <summary>The definition <c>graintype/&lt;type&gt;</c>; absent where there is none.</summary>
    public GrainTypeText? Type { get; init; }

    /// <summary>Absent where nobody owns it.</summary>
    public OwnerPart? Owner { get; init; }

    /// <summary>What happened to it, newest first, as far as the directory remembers.</summary>
    public required IReadOnlyList<GrainHistoryAnswer> History { get; init; }

    /// <summary>What would happen now, and what not, and why; the first is the short answer.</summary>
    public required IReadOnlyList<Reason> Now { get; init; }

    /// <summary>What could not be asked, so that the rest may be incomplete.</summary>
    public required IReadOnlyList<string> NotKnown { get; init; }
}

/// <summary>The owner, and whether it lives.</summary>
internal sealed record OwnerPart
{
    public required string Cluster { get; init; }

    /// <summary>The session that holds it; absent after a promotion.</summary>
    public string? Session { get; init; }

    /// <summary>
    /// <c>live</c>, <c>revoked</c> or <c>ended</c>; absent where there is no session, or Consensus did not answer.
    /// </summary>
    public string? SessionState { get; init; }

    public string? SessionName { get; init; }

    public string? Node { get; init; }

    /// <summary>What the agents say of the node.</summary>
    public string? NodeState { get; init; }

    /// <summary>The fence of that node's generation, or of a newer one.</summary>
    public FenceAnswer? Fence { get; init; }

    /// <summary>Null where it is not known.</summary>
    public bool? Alive { get; init; }

    /// <summary>Living sessions of the owner's cluster, which could claim it; agents do not count.</summary>
    public int? SessionsInCluster { get; init; }
}

/// <summary>A sentence about what would happen.</summary>
/// <param name="Code">A stable word of docs/cli.md.</param>
/// <param name="Text">For people.</param>
internal sealed record Reason(string Code, string Text);
