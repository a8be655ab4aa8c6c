using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Alerts;

/// <summary>Something about the group that an operator should know.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Evidence">What was seen, in words with figures.</param>
/// <param name="Term">The term in which it was seen.</param>
public sealed record Alert(AlertKind Kind, string Evidence, Term Term)
{
    /// <summary>The member it is about, where that is another one than who says so.</summary>
    public NodeId? About { get; init; }

    /// <summary>Who led before, of <see cref="AlertKind.LeaderChanged"/>, where it is known.</summary>
    public NodeId? PreviousLeader { get; init; }

    /// <summary>Voters, of <see cref="AlertKind.QuorumLost"/> and <see cref="AlertKind.QuorumRestored"/>.</summary>
    public int? Voters { get; init; }

    /// <summary>Of these how many were heard of lately, this one included.</summary>
    public int? Reachable { get; init; }

    /// <summary>Entries that a follower lacks, of <see cref="AlertKind.SlowReplication"/> and its end.</summary>
    public long? LagEntries { get; init; }

    /// <summary>Everything that holds now at who says so, this included; each its kind and whom it is about.</summary>
    public ImmutableArray<StandingAlert> Standing { get; init; } = [];
}

/// <summary>A condition that holds.</summary>
public readonly record struct StandingAlert(AlertKind Kind, NodeId? About);

/// <summary>What an alert is about. Most begin something that another kind ends.</summary>
public enum AlertKind
{
    /// <summary>A member does not answer its leader. Ends with <see cref="NodeRecovered"/>.</summary>
    NodeFailed,

    /// <summary>It answers again, and has for a while.</summary>
    NodeRecovered,

    /// <summary>Another voter leads. What a former leader said of others is void.</summary>
    LeaderChanged,

    /// <summary>A voter knows no leader for a while. Ends with <see cref="QuorumRestored"/>.</summary>
    QuorumLost,

    /// <summary>It knows one again, and has for a while.</summary>
    QuorumRestored,

    /// <summary>
    /// A voter answers, but lacks much of the log for a while. Ends with <see cref="ReplicationRecovered"/>.
    /// </summary>
    SlowReplication,

    /// <summary>It lacks little, and has for a while.</summary>
    ReplicationRecovered,

    /// <summary>The own disk confirms nothing for too long. Ends with <see cref="DiskRecovered"/>.</summary>
    DiskStalled,

    /// <summary>It confirms again, and has for a while.</summary>
    DiskRecovered,

    /// <summary>A leader gave its place up, because its disk stalls.</summary>
    LeaderYielded,

    /// <summary>The own disk does not hold what it acknowledged: data was removed, or is an older copy.</summary>
    EntriesMissing,

    /// <summary>Something that was read or received does not have its checksum.</summary>
    CorruptionFound,

    /// <summary>A snapshot could not be written, and the voter stopped.</summary>
    SnapshotFailed,

    /// <summary>The voter stopped by itself: going on could have lost what was acknowledged.</summary>
    VoterStopped,
}
