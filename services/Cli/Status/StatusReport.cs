using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Status;

/// <summary><c>holdfast status --json</c>, documented in docs/cli.md.</summary>
internal sealed record StatusReport
{
    public int Format { get; init; } = 1;

    /// <summary>When it was asked, UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>What needs a look, the worst first; empty when all is well.</summary>
    public required IReadOnlyList<AttentionItem> Attention { get; init; }

    public required ConsensusPart Consensus { get; init; }

    public required IReadOnlyList<MemberRow> Members { get; init; }

    public required IReadOnlyList<ClusterRow> Clusters { get; init; }

    /// <summary>Pauses that hold.</summary>
    public required IReadOnlyList<PauseRow> Pauses { get; init; }

    /// <summary>Absent where neither a directory nor a Failover is configured.</summary>
    public DirectoryPart? Directory { get; init; }

    public required IReadOnlyList<GroupRow> Groups { get; init; }

    public required IReadOnlyList<DaemonRow> Daemons { get; init; }

    public required IReadOnlyList<ServiceRow> Services { get; init; }
}

/// <summary>Something to look at.</summary>
/// <param name="Severity"><c>critical</c> (something does not work, or is moving) or <c>warning</c>.</param>
/// <param name="About">What it is about: <c>consensus</c>, <c>cluster/east</c>, <c>node/east-1</c>.</param>
/// <param name="Text">For people.</param>
internal sealed record AttentionItem(string Severity, string About, string Text)
{
    public const string Critical = "critical";
    public const string Warning = "warning";
}

/// <summary>The voters, as they see themselves.</summary>
internal sealed record ConsensusPart
{
    /// <summary>The leader that a majority of those who answered, or the newest of them, knows.</summary>
    public string? Leader { get; init; }

    public ulong? Term { get; init; }

    /// <summary>Whether a leader and a majority of the voters answered.</summary>
    public required bool HasQuorum { get; init; }

    public string? LayoutProblem { get; init; }

    public required IReadOnlyList<VoterRow> Voters { get; init; }
}

/// <summary>A voter. Of one that is not configured only what the others say is known.</summary>
internal sealed record VoterRow
{
    public required string Node { get; init; }

    public string? Domain { get; init; }

    public string? Address { get; init; }

    /// <summary>Its own word; <c>unknown</c> where it did not give one.</summary>
    public required string Role { get; init; }

    public string? Standing { get; init; }

    /// <summary>The last entry of its log: its own word, else what the leader knows.</summary>
    public ulong? LastIndex { get; init; }

    public required bool Answered { get; init; }

    public IReadOnlyList<string> Alerts { get; init; } = [];
}

/// <summary>A node, as the agents that were asked and Consensus see it.</summary>
internal sealed record MemberRow
{
    public required string Node { get; init; }

    public required string Cluster { get; init; }

    /// <summary>The word of the newest generation and verdict; null where no agent knows it.</summary>
    public string? State { get; init; }

    public ulong? Generation { get; init; }

    public ulong? Verdict { get; init; }

    /// <summary>The highest suspicion that an asked agent has of it, and where that convicts.</summary>
    public double? Phi { get; init; }

    public double? PhiThreshold { get; init; }

    public TimeSpan? SilentFor { get; init; }

    public IReadOnlyList<string> Accusers { get; init; } = [];

    /// <summary>Whether its agent has a living session; null where Consensus did not answer.</summary>
    public bool? HasSession { get; init; }

    /// <summary>The fence of its generation or a newer one.</summary>
    public FenceAnswer? Fence { get; init; }

    /// <summary>Who says what, where agents disagree.</summary>
    public IReadOnlyList<MemberView> Views { get; init; } = [];
}

/// <summary>What some agents say of a node.</summary>
internal sealed record MemberView(string State, IReadOnlyList<string> Agents);

/// <summary>A cluster that owns grains, and what its Failovers and Recoveries hold and do.</summary>
internal sealed record ClusterRow
{
    public required string Cluster { get; init; }

    public required int Nodes { get; init; }

    /// <summary>Nodes with a living session of their agent; null where Consensus did not answer.</summary>
    public int? Live { get; init; }

    /// <summary>
    /// <c>monitoring</c>, <c>primaryUnreachable</c>, <c>promoting</c>, <c>promoted</c>: the furthest that a Failover
    /// which holds its election has come. Null where none was asked.
    /// </summary>
    public string? Phase { get; init; }

    /// <summary>The cluster whose Failover says so.</summary>
    public string? By { get; init; }

    public string? Refused { get; init; }

    public TimeSpan? Grace { get; init; }

    /// <summary>When that is over, UTC; absent where the time of the fence is not known.</summary>
    public DateTime? GraceOverAt { get; init; }

    public long? Promoted { get; init; }

    public long? Lost { get; init; }

    public long? Failed { get; init; }

    public long? Stranded { get; init; }

    public int? Sweeps { get; init; }

    /// <summary>The grant <c>failover/&lt;cluster&gt;</c>; null where nobody holds it.</summary>
    public Grant? Failover { get; init; }

    /// <summary>The grant <c>recovery/&lt;cluster&gt;</c>.</summary>
    public Grant? Recovery { get; init; }
}

/// <summary>Who holds an election, under which token.</summary>
internal sealed record Grant(string? Node, string? Session, string? Token);

/// <summary>A pause of automatic failover.</summary>
/// <param name="Cluster">Null: every cluster.</param>
/// <param name="Reason">What was given.</param>
/// <param name="Since">When, UTC.</param>
internal sealed record PauseRow(string? Cluster, string? Reason, DateTime? Since);

/// <summary>The grain directory, by its own word and that of the Failovers.</summary>
internal sealed record DirectoryPart
{
    /// <summary>Shards that were asked; absent where only Failovers were.</summary>
    public int? Shards { get; init; }

    public int? Open { get; init; }

    /// <summary>Shards in the reassert window.</summary>
    public IReadOnlyList<int> WindowsOpen { get; init; } = [];

    /// <summary>Shards that have lost their memory, or were never opened.</summary>
    public IReadOnlyList<int> ShardsLost { get; init; } = [];

    /// <summary>
    /// Shards in another process than they were opened on, of which nobody has said yet that it lost nothing: they are
    /// read only.
    /// </summary>
    public IReadOnlyList<int> NotConfirmed { get; init; } = [];

    /// <summary>Shards whose last call from a Failover failed.</summary>
    public IReadOnlyList<TroubledShardRow> Troubled { get; init; } = [];

    /// <summary>Why it cannot be asked.</summary>
    public string? Problem { get; init; }
}

/// <summary>A shard that a Failover has trouble with.</summary>
internal sealed record TroubledShardRow(string By, int Shard, int Failures, string Trouble);

/// <summary>A replica group, as the Recovery of its home sees it.</summary>
internal sealed record GroupRow(
    string Group, string? Home, int Slots, int Running, int Stuck, string? Trouble, string By);

/// <summary>A daemon under a supervisor.</summary>
internal sealed record DaemonRow(string Node, string Name, string State, string Build, int? Pid, string? HandoffStep);

/// <summary>An instance of a service.</summary>
internal sealed record ServiceRow
{
    /// <summary><c>consensus</c>, <c>gossip</c>, <c>failover</c>, <c>recovery</c> or <c>handoff</c>.</summary>
    public required string Service { get; init; }

    public required string Address { get; init; }

    /// <summary>Whether it answered at all.</summary>
    public required bool Reached { get; init; }

    public required bool Ready { get; init; }

    public IReadOnlyList<ReadinessFinding> WaitsFor { get; init; } = [];

    public IReadOnlyList<ReadinessFinding> Warnings { get; init; } = [];

    /// <summary>Why it did not answer.</summary>
    public string? Problem { get; init; }
}
