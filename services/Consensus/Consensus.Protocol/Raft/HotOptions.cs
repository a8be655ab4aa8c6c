using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// The figures that can be changed while a node runs. What is not among them decides what voters promise to each other,
/// or how they are told apart, and needs a restart.
/// </summary>
public sealed record HotOptions
{
    /// <summary><see cref="RaftOptions.Heartbeat"/>; the election timeouts in force follow.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary><see cref="RaftOptions.SnapshotEntries"/>.</summary>
    public required int SnapshotEntries { get; init; }

    /// <summary><see cref="RaftOptions.SnapshotBytes"/>.</summary>
    public required long SnapshotBytes { get; init; }

    /// <summary><see cref="RaftOptions.SnapshotTrailingEntries"/>.</summary>
    public required int SnapshotTrailingEntries { get; init; }

    /// <summary><see cref="RaftOptions.LogEntriesMax"/>; at least <see cref="SnapshotEntries"/>.</summary>
    public required int LogEntriesMax { get; init; }

    /// <summary><see cref="RaftOptions.LogBytesMax"/>; at least <see cref="SnapshotBytes"/>.</summary>
    public required long LogBytesMax { get; init; }

    /// <summary><see cref="RaftOptions.LearnerLagEntriesMax"/>.</summary>
    public required int LearnerLagEntriesMax { get; init; }

    public static HotOptions Of(RaftOptions options) => new()
    {
        Heartbeat = options.Heartbeat,
        SnapshotEntries = options.SnapshotEntries,
        SnapshotBytes = options.SnapshotBytes,
        SnapshotTrailingEntries = options.SnapshotTrailingEntries,
        LogEntriesMax = options.LogEntriesMax,
        LogBytesMax = options.LogBytesMax,
        LearnerLagEntriesMax = options.LearnerLagEntriesMax,
    };

    /// <summary>The same figures with these in their place.</summary>
    public RaftOptions Over(RaftOptions options)
    {
        Invariant.Holds(Heartbeat > TimeSpan.Zero && Heartbeat <= RaftNode.HeartbeatMax);
        Invariant.Holds(SnapshotEntries >= 1 && LogEntriesMax >= SnapshotEntries);
        Invariant.Holds(SnapshotBytes >= 1 && LogBytesMax >= SnapshotBytes);
        Invariant.Holds(SnapshotTrailingEntries >= 0);
        Invariant.Holds(LearnerLagEntriesMax >= 1);
        return options with
        {
            Heartbeat = Heartbeat,
            SnapshotEntries = SnapshotEntries,
            SnapshotBytes = SnapshotBytes,
            SnapshotTrailingEntries = SnapshotTrailingEntries,
            LogEntriesMax = LogEntriesMax,
            LogBytesMax = LogBytesMax,
            LearnerLagEntriesMax = LearnerLagEntriesMax,
        };
    }
}
