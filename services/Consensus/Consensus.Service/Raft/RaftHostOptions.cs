using System.Collections.Immutable;
using System.Net;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>A voter and where the others reach it.</summary>
/// <param name="Node">Its identity, the same for ever.</param>
/// <param name="Host">Host name or address of its Raft listener.</param>
/// <param name="Port">Port of its Raft listener.</param>
public sealed record RaftVoter(NodeId Node, string Host, int Port)
{
    /// <summary>What fails together with it; empty where nobody said.</summary>
    public string Domain { get; init; } = "";

    /// <summary>The URL where clients reach it; empty where there are none.</summary>
    public string HttpAddress { get; init; } = "";

    /// <summary>Host and port as one text.</summary>
    public string RaftAddress => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>What one <see cref="RaftHost"/> is made of. The service binds its section into this.</summary>
public sealed record RaftHostOptions
{
    public const int SecretBytesMin = 16;

    /// <summary>This voter; one of <see cref="Voters"/>.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Names the group of voters. Groups with different names never talk.</summary>
    public string Group { get; init; } = "holdfast";

    /// <summary>
    /// All voters of the first start, this one included; a single one is a legal group. Later the log says who is in
    /// the group. With <see cref="Join"/>, the members to begin with, and this one.
    /// </summary>
    public required ImmutableArray<RaftVoter> Voters { get; init; }

    /// <summary>
    /// An empty directory founds no group and votes for nobody: this node waits until a leader adds it. Without effect
    /// where there is a log already.
    /// </summary>
    public bool Join { get; init; }

    /// <summary>Where this voter listens for the others. Unused by a single voter.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Directory of the log, used by one process at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// Shared secret by which voters prove to each other who they are; at least 16 bytes. Empty only where every
    /// voter's address, and the one listened on, is a loopback address, or where TLS is required.
    /// </summary>
    public ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>TLS between the voters, beside the secret or instead of it; null for none.</summary>
    public RaftTlsOptions? Tls { get; init; }

    /// <summary>
    /// The group was restored from a backup: who has nothing does not found it anew. Without effect with
    /// <see cref="Join"/>.
    /// </summary>
    public bool IsRestored { get; init; }

    /// <summary>What becomes of a log that is damaged before its end.</summary>
    public CorruptionPolicy CorruptionPolicy { get; init; }

    /// <summary>The figures of the protocol.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>Size at which a new log segment is begun. From 64 KiB to 1 GiB.</summary>
    public long SegmentBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Largest command. From 1 KiB to 16 MiB.</summary>
    public int CommandBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Inputs that wait for the loop. Beyond it proposals are refused and messages dropped.</summary>
    public int MailboxMax { get; init; } = 65_536;

    /// <summary>Whether nobody can claim a name without a proof.</summary>
    internal bool ProvesNames => !Secret.IsEmpty || Tls is { Required: true };

    /// <summary>Where the others reach this voter.</summary>
    internal string Address => Voters.First(voter => voter.Node == Node).RaftAddress;

    /// <summary>What the first start records.</summary>
    internal Configuration Bootstrap => new(
        0,
        [
            .. Voters.Select(static voter =>
                new Member(voter.Node, voter.Domain, voter.RaftAddress, voter.HttpAddress)),
        ],
        [.. Voters.Select(static voter => voter.Node)],
        []);

    /// <summary>What is wrong with these figures, each with its legal range; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (Voters.IsDefaultOrEmpty) yield return "Voters is empty; name at least this voter.";
        else if (Voters.DistinctBy(static voter => voter.Node).Count() != Voters.Length)
            yield return "Voters names a voter twice.";
        else if (Voters.All(voter => voter.Node != Node)) yield return $"Voters does not name this voter, '{Node}'.";
        else if (!ProvesNames && Voters.Any(static voter => !IsLoopback(voter.Host)))
            yield return "SecretFile is not set, yet not every voter's address is a loopback address.";
        else if (!ProvesNames && Voters.Length > 1 && !IPAddress.IsLoopback(Listen.Address))
            yield return $"SecretFile is not set, yet Listen ({Listen}) is no loopback address.";
        if (!Secret.IsEmpty && Secret.Length < SecretBytesMin)
            yield return $"SecretFile holds {Secret.Length} bytes; at least {SecretBytesMin} are wanted.";
        if (Raft.Heartbeat < TimeSpan.FromMilliseconds(5) || Raft.Heartbeat > TimeSpan.FromSeconds(10))
            yield return $"Heartbeat ({Raft.Heartbeat}) must be from 5 ms to 10 s.";
        if (Raft.ElectionTimeoutMin < 2 * Raft.Heartbeat)
            yield return $"ElectionTimeoutMin ({Raft.ElectionTimeoutMin}) must be at least twice " +
                $"Heartbeat ({Raft.Heartbeat}).";
        if (Raft.ElectionTimeoutMax < 1.2 * Raft.ElectionTimeoutMin)
            yield return $"ElectionTimeoutMax ({Raft.ElectionTimeoutMax}) must be at least 1.2 times " +
                $"ElectionTimeoutMin ({Raft.ElectionTimeoutMin}).";
        if (Raft.ReserveWait < TimeSpan.Zero || Raft.ReserveWait > Raft.ElectionTimeoutMin / 10)
            yield return $"ReserveWait ({Raft.ReserveWait}) must be from 0 to a tenth of " +
                $"ElectionTimeoutMin ({Raft.ElectionTimeoutMin}).";
        if (Raft.ClockDriftMax is not (>= 0 and <= 0.2))
            yield return $"ClockDriftMax ({Raft.ClockDriftMax}) must be from 0 to 0.2.";
        foreach (var problem in SnapshotProblems()) yield return problem;
        if (SegmentBytesMax is < 64 * 1024 or > 1024L * 1024 * 1024)
            yield return $"SegmentBytesMax ({SegmentBytesMax}) must be from 64 KiB to 1 GiB.";
        if (CommandBytesMax is < 1024 or > 16 * 1024 * 1024)
            yield return $"CommandBytesMax ({CommandBytesMax}) must be from 1 KiB to 16 MiB.";
    }

    private IEnumerable<string> SnapshotProblems()
    {
        if (Raft.SnapshotEntries < 1) yield return $"SnapshotEntries ({Raft.SnapshotEntries}) must be at least 1.";
        if (Raft.SnapshotBytes < 1) yield return $"SnapshotBytes ({Raft.SnapshotBytes}) must be at least 1.";
        if (Raft.SnapshotTrailingEntries < 0)
            yield return $"SnapshotTrailingEntries ({Raft.SnapshotTrailingEntries}) must be at least 0.";
        if (Raft.SnapshotChunkBytes is < 1024 or > 1024 * 1024)
            yield return $"SnapshotChunkBytes ({Raft.SnapshotChunkBytes}) must be from 1 KiB to 1 MiB.";
        if (Raft.LogEntriesMax < Raft.SnapshotEntries)
            yield return $"LogEntriesMax ({Raft.LogEntriesMax}) must be at least " +
                $"SnapshotEntries ({Raft.SnapshotEntries}).";
        if (Raft.LogBytesMax < Raft.SnapshotBytes)
            yield return $"LogBytesMax ({Raft.LogBytesMax}) must be at least SnapshotBytes ({Raft.SnapshotBytes}).";
    }

    internal void Demand()
    {
        var problems = Problems().ToList();
        if (problems.Count > 0) throw new ArgumentException(string.Join(' ', problems));
    }

    internal static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
