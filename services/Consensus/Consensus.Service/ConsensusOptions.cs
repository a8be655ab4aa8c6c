using System.ComponentModel.DataAnnotations;
using System.Net;
using Holdfast.Consensus.Protocol.Alerts;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service;

/// <summary>One voter of the group. All voters list all of them alike.</summary>
public sealed record ConsensusOptions
{
    public const string Section = "Consensus";

    /// <summary>The generation of a group that was never restored.</summary>
    internal const ushort FirstGeneration = 1;

    /// <summary>Where this voter listens for the others (Raft over TCP). No default.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The directory of the log; one per voter, on a disk that keeps what it flushed. No default.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// All voters of the first start, this one (<c>Node:Id</c>) among them; later the log says who votes. 1 to 9; 3 or
    /// 5 are useful.
    /// </summary>
    [Length(1, 9)]
    public required IReadOnlyList<VoterOptions> Voters { get; init; }

    /// <summary>
    /// Found no group and vote for nobody with an empty directory, but wait until an operator adds this node to the
    /// group of <see cref="Voters"/>. Without effect where there is a log already. Default false.
    /// </summary>
    public bool Join { get; init; }

    /// <summary>
    /// The upper 16 bits of every token. Raised when the group is restored from a backup, so that no token is minted
    /// twice; the highest of all voters counts. Above 1, a voter does not start with an empty directory, unless it
    /// joins. From 0 to 65,535.
    /// </summary>
    public ushort Generation { get; init; } = FirstGeneration;

    /// <summary>The name of the group: voters of another one are turned away. 1 to 128 characters.</summary>
    [Length(1, 128)]
    public string Group { get; init; } = "holdfast";

    /// <summary>
    /// What becomes of a log that is damaged before its end, where no crash does damage: refuse to start; cut it before
    /// the damage and have the rest from the other voters; or do so also where a snapshot is damaged. Until it has
    /// everything again the voter neither votes nor stands. By default refuse: a disk that changes what was flushed is
    /// not to be trusted before somebody looked at it.
    /// </summary>
    public CorruptionPolicy CorruptionPolicy { get; init; } = CorruptionPolicy.Refuse;

    /// <summary>
    /// A file with the secret that the voters share, at least 16 bytes. May be absent only where every voter is on
    /// loopback, or where <see cref="Tls"/> is required.
    /// </summary>
    public string? SecretFile { get; init; }

    /// <summary>
    /// TLS between the voters, beside the secret or instead of it. Default: none, and they speak in clear.
    /// </summary>
    public RaftTlsOptions? Tls { get; init; }

    /// <summary>
    /// Pause between two heartbeats of the leader. Shorter costs messages, longer delays everything that waits for a
    /// majority's word when nothing else is sent. From 5 ms to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.005", "00:00:10")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Silence of the leader after which a voter may stand for election. Shorter finds a dead leader sooner and takes a
    /// slow one for dead more often. From 50 ms to 1 min, at least twice <see cref="Heartbeat"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan ElectionTimeoutMin { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The longest such silence; each voter draws its own in between. Wider makes ties rarer and elections longer. At
    /// least 1.2 times <see cref="ElectionTimeoutMin"/>, up to 2 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.060", "00:02:00")]
    public TimeSpan ElectionTimeoutMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the leader may keep entries back from the voters that a majority can do without
    /// (<see cref="Raft.RaftHostOptions.Raft"/>). Zero sends everything to all at once, which is best where each voter
    /// has a machine of its own; a few milliseconds are quicker where they share one, or its disk. From 0 to a tenth of
    /// <see cref="ElectionTimeoutMin"/>.
    /// </summary>
    public TimeSpan ReserveWait { get; init; }

    /// <summary>
    /// Whether hints that the leader is dead, such as its connection's end, start an election early. Off, only its
    /// silence does.
    /// </summary>
    public bool ElectionHints { get; init; } = true;

    /// <summary>
    /// Whether the leader answers reads without asking a majority, for as long as a majority has promised not to depose
    /// it. Saves a round trip for each batch of reads; rests on <see cref="ClockDriftMax"/>, and makes every election
    /// wait for the shortest timeout, whatever hints say. The same on all voters; a voter is stopped for
    /// <see cref="ElectionTimeoutMax"/> when it is switched off.
    /// </summary>
    public bool LeaseReads { get; init; }

    /// <summary>
    /// By how much a clock of a voter may run fast or slow, as a part of true time. A lease is shorter by about twice
    /// that. From 0 to 0.2.
    /// </summary>
    [Range(0.0, 0.2)]
    public double ClockDriftMax { get; init; } = 0.01;

    /// <summary>
    /// The name under which the voters' agents watch their processes, so that <c>WorkloadDown</c> of it is a hint. 1 to
    /// 128 characters.
    /// </summary>
    [Length(1, 128)]
    public string Workload { get; init; } = "consensus";

    /// <summary>
    /// Entries after which the state is written as a snapshot and the log before it forgotten. Fewer make a restart
    /// quicker and write more often. From 100 to 1,000,000.
    /// </summary>
    [Range(100, 1_000_000)]
    public int SnapshotEntries { get; init; } = 50_000;

    /// <summary>The same in bytes of commands, whichever is reached first. From 1 MiB to 1 GiB.</summary>
    [Range(1024L * 1024, 1024L * 1024 * 1024)]
    public long SnapshotBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// Entries before a snapshot that stay in memory. More spare a voter that is a little behind the snapshot, and cost
    /// memory. From 0 to 1,000,000.
    /// </summary>
    [Range(0, 1_000_000)]
    public int SnapshotTrailingEntries { get; init; } = 5_000;

    /// <summary>
    /// Entries that a learner may be behind and still be made a voter. Fewer make it wait for a quieter moment; more
    /// let commits wait for what it lacks. From 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int LearnerLagEntriesMax { get; init; } = 5_000;

    /// <summary>When something about the group is worth a <c>ConsensusAlert</c>.</summary>
    public AlertOptions Alerts { get; init; } = new();
}

/// <summary>One voter, as all others know it.</summary>
public sealed record VoterOptions
{
    /// <summary>Its <c>Node:Id</c>.</summary>
    public required NodeId Node { get; init; }

    /// <summary>
    /// The <c>Node:Id</c> of the Gossip agent on its machine, where that is not its own: what is said of that node is a
    /// hint at this voter.
    /// </summary>
    public NodeId? Agent { get; init; }

    /// <summary>What fails together with it, such as a site; three are wanted, none with a majority.</summary>
    [Length(1, 128)]
    public required string Domain { get; init; }

    /// <summary>Host and port where the other voters reach it.</summary>
    public required string RaftAddress { get; init; }

    /// <summary>The URL where clients reach it; followers point to the leader's.</summary>
    public required Uri HttpAddress { get; init; }
}
