namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>The figures of one Raft node. Every queue and batch of the core is bounded by one of them.</summary>
public sealed record RaftOptions
{
    /// <summary>
    /// Shortest silence of the leader after which a follower campaigns, and the time after which a leader without
    /// contact to a majority steps down. Shorter notices a dead leader sooner, and takes a slow network for one.
    /// From 50 ms to 60 s, at least twice <see cref="Heartbeat"/>.
    /// </summary>
    public TimeSpan ElectionTimeoutMin { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Longest such silence; each node draws its own between the two, once per term. A wider span makes split votes
    /// rarer and elections longer. From 1.2 times <see cref="ElectionTimeoutMin"/> to 120 s.
    /// </summary>
    public TimeSpan ElectionTimeoutMax { get; init; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>Pause between two heartbeats of a leader. From 5 ms to 10 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Entries in one append request. From 1 to 65,536.</summary>
    public int AppendEntriesMax { get; init; } = 1024;

    /// <summary>Bytes of commands in one append request; only a single larger command exceeds it. From 1 KiB.</summary>
    public int AppendBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Append requests on their way to one follower. From 1 to 4,096.</summary>
    public int InFlightAppendsMax { get; init; } = 128;

    /// <summary>Bytes of commands on their way to one follower. From 1 KiB.</summary>
    public int InFlightBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// How long a leader may keep entries back from the voters that a majority can do without. Zero sends everything to
    /// all at once; a few milliseconds spare those voters a message and a flush for each entry, and are what a commit
    /// waits when a voter that was asked first is gone. From 0 to a tenth of <see cref="ElectionTimeoutMin"/>.
    /// </summary>
    public TimeSpan ReserveWait { get; init; }

    /// <summary>Commands that a leader accepted and has not applied yet. From 1 to 1,000,000.</summary>
    public int ProposalsInFlightMax { get; init; } = 65_536;

    /// <summary>Bytes of such commands.</summary>
    public long ProposalBytesInFlightMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Entries handed to the state machine at once. From 1 to 65,536.</summary>
    public int ApplyEntriesMax { get; init; } = 4096;

    /// <summary>
    /// Applied entries after which a snapshot is taken and the log before it forgotten. Fewer make a restart quicker
    /// and cost more writing of snapshots. From 1.
    /// </summary>
    public int SnapshotEntries { get; init; } = 50_000;

    /// <summary>Bytes of applied commands after which a snapshot is taken. From 1.</summary>
    public long SnapshotBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// Entries before a snapshot that stay in memory, so that a follower that is a little behind needs no snapshot.
    /// From 0.
    /// </summary>
    public int SnapshotTrailingEntries { get; init; } = 5_000;

    /// <summary>Bytes of one part of a snapshot on its way to a follower. From 1 KiB to 1 MiB.</summary>
    public int SnapshotChunkBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// Entries that a leader keeps in memory at most for followers that are taking a snapshot or catching up, and until
    /// which it takes no newer snapshot while it sends one. Beyond it they may have to begin anew. At least
    /// <see cref="SnapshotEntries"/>.
    /// </summary>
    public int LogEntriesMax { get; init; } = 500_000;

    /// <summary>The same in bytes of commands. At least <see cref="SnapshotBytes"/>.</summary>
    public long LogBytesMax { get; init; } = 512L * 1024 * 1024;

    /// <summary>
    /// Entries that a learner may be behind and still be made a voter. Fewer make it wait for a quieter moment; more
    /// let commits wait for what it lacks. From 1.
    /// </summary>
    public int LearnerLagEntriesMax { get; init; } = 5_000;

    /// <summary>
    /// Hints at the leader's death (<see cref="RaftInput.Hint"/>) start elections early. Without, only silence does.
    /// </summary>
    public bool ElectionHints { get; init; } = true;

    /// <summary>
    /// A leader answers reads without a round while a majority has promised not to depose it. Saves a round trip for
    /// each batch of reads; rests on <see cref="ClockDriftMax"/>, and keeps a lost leader's place for the shortest
    /// election timeout, whatever hints say. Only voters with this option promise.
    /// </summary>
    public bool LeaseReads { get; init; }

    /// <summary>
    /// By how much a voter's clock may run faster or slower than true time, as a part of it. A lease is shorter by
    /// about twice that. From 0 to 0.2.
    /// </summary>
    public double ClockDriftMax { get; init; } = 0.01;

    /// <summary>Questions after leadership that wait for a round at one time. From 1 to 1,000,000.</summary>
    public int ConfirmationsMax { get; init; } = 65_536;
}
