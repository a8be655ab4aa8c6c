using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>
/// What a proposer adds to its command. It is in the entry, not in the voters' options or clocks, so that every replay
/// of the log, on whatever voter and however configured, gives the same state.
/// </summary>
/// <param name="ConsensusGeneration">Goes into the tokens; one below the highest seen counts as that one.</param>
/// <param name="ProposedAtUnixMs">When the leader proposed it; only shown to people, nothing is decided by it.</param>
/// <param name="TraceParent">The W3C trace context of the request.</param>
public sealed record CommandStamp(ushort ConsensusGeneration, long ProposedAtUnixMs, string? TraceParent)
{
    /// <summary>Which request of which client it is; null where a repeat cannot be told from a new one.</summary>
    public RequestTag? Request { get; init; }
}

/// <summary>Marks a request, so that the log carries it out once however often it is repeated.</summary>
/// <param name="Session">Who asks; null where the request opens a session.</param>
/// <param name="Number">
/// From 1. Within a session later requests have higher numbers; one that opens a session has a random one.
/// </param>
public sealed record RequestTag(SessionId? Session, ulong Number);

/// <summary>A command as it stands in the log.</summary>
public sealed record StampedCommand(CommandStamp Stamp, CoordinationCommand Command);

/// <summary>Everything that changes the state of coordination. Commands of the leader itself say so.</summary>
public abstract record CoordinationCommand
{
    private CoordinationCommand()
    {
    }

    /// <summary>Mints the token that is the session's id.</summary>
    public sealed record OpenSession(ClusterId Cluster, Residence? Residence, TimeSpan Ttl, string? Name, bool Agent)
        : CoordinationCommand;

    /// <summary>Mints a new token for a session.</summary>
    public sealed record AdvanceSession(SessionId Session) : CoordinationCommand;

    /// <summary>The client ends its own session.</summary>
    public sealed record CloseSession(SessionId Session) : CoordinationCommand;

    /// <summary>
    /// By the leader of <paramref name="Decided"/>: the time to live ran out since the last keep-alive that it
    /// acknowledged. Void as an entry of another term: a leader in between may have acknowledged a later one.
    /// </summary>
    public sealed record ExpireSession(SessionId Session, Term Decided) : CoordinationCommand;

    /// <summary>Takes an election that is free, and mints its token, or waits in its queue.</summary>
    public sealed record Campaign(ElectionName Election, SessionId Session) : CoordinationCommand;

    /// <summary>Gives an election, or the place in its queue, back.</summary>
    public sealed record Resign(ElectionName Election, SessionId Session) : CoordinationCommand;

    /// <summary>Mints a new token for the holder of an election.</summary>
    public sealed record AdvanceElection(ElectionName Election, SessionId Session) : CoordinationCommand;

    /// <summary>By the leader: grants a vacated election to the next in its queue, and mints the token.</summary>
    public sealed record GrantNext(ElectionName Election) : CoordinationCommand;

    /// <summary>Revokes every session on a node, of this generation or an older one.</summary>
    public sealed record FenceNode(
        NodeId Node,
        ClusterId Cluster,
        Generation Generation,
        FenceCause Cause,
        NodeId Reporter,
        TimeSpan SilentFor,
        ImmutableArray<Evidence> Observers) : CoordinationCommand;

    public sealed record PutDefinition(DefinitionKey Key, string Value, bool OnlyIfAbsent) : CoordinationCommand;

    public sealed record DeleteDefinition(DefinitionKey Key) : CoordinationCommand;

    /// <summary>By the leader: everything that entries up to this one announce is confirmed by the bus.</summary>
    public sealed record RecordAnnounced(LogIndex UpTo) : CoordinationCommand;

    /// <summary>
    /// By the leader: who won this term. Raft's own no-op cannot say it; its index is the token of the election
    /// <c>consensus</c>, and this entry mints none. Void as an entry of another term than <paramref name="Won"/>: it
    /// would name a leader of the past.
    /// </summary>
    public sealed record BeginTerm(NodeId Leader, LogIndex NoOp, Term Won) : CoordinationCommand;

    /// <summary>
    /// Makes it a fact that a shard of the directory forgot what it had acknowledged. A memory that is lost already
    /// stays lost by its first entry. Mints the floor of the shard.
    /// </summary>
    public sealed record DirectoryLost(LostMemory Memory, LossEvidence Evidence) : CoordinationCommand;

    /// <summary>
    /// By the leader: every member reads commands and snapshots of this format, so they may be written from now on.
    /// </summary>
    public sealed record RaiseFormat(byte Format) : CoordinationCommand;
}

/// <summary>Where a client lives.</summary>
public sealed record Residence(NodeId Node, Generation Generation);

/// <summary>What one observer saw when it joined the conviction of a node.</summary>
public sealed record Evidence(NodeId Node, ClusterId Cluster, double Phi, TimeSpan SilentFor);

/// <summary>Why a node is fenced. The numbers are in the log and must not change.</summary>
public enum FenceCause
{
    /// <summary>Its observers heard nothing; the only cause that the node's own keep-alives can contradict.</summary>
    Silence = 1,

    /// <summary>Its death was seen.</summary>
    ProcessDeath = 2,

    /// <summary>It said so itself.</summary>
    Left = 3,

    /// <summary>A person said so.</summary>
    Operator = 4,
}

/// <summary>
/// The key of a definition, such as <c>directory</c> or <c>graintype/order</c>: the rule of election names.
/// </summary>
public readonly record struct DefinitionKey
{
    private readonly string? _value;

    /// <exception cref="FormatException">The text breaks the rule.</exception>
    public DefinitionKey(string value) => _value = IsLegal(value)
        ? value
        : throw new FormatException(
            $"'{value}' is not a key: names of A-Z a-z 0-9 . _ - joined by '/', at most " +
            $"{CoordinationLimits.NameBytesMax} characters, are wanted.");

    public string Value => _value ?? "";

    public static bool IsLegal(string? text) => ElectionName.IsLegal(text);

    public override string ToString() => Value;
}
