using System.Text.Json.Serialization;
using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>What an operation came to. Everything but <see cref="Ok"/> changed nothing.</summary>
public enum DirectoryStatus
{
    /// <summary>Carried out, now or by an earlier delivery of the same call.</summary>
    Ok,

    /// <summary>No record.</summary>
    NotFound,

    /// <summary>The caller does not hold the record, or not under this epoch.</summary>
    NotOwner,

    /// <summary>Another owns it; the answer carries its record.</summary>
    LostRace,

    /// <summary>The caller may have it under a newer token than the one answered: advance, and claim again.</summary>
    TokenTooLow,

    /// <summary>Another token is installed for the election; the answer carries it.</summary>
    GrantSuperseded,

    /// <summary>The token is below the floor of the shard; the answer carries it.</summary>
    BelowFloor,

    /// <summary>The shard lost its memory and its owners are telling it again; try later.</summary>
    Reasserting,

    /// <summary>
    /// The shard has no meta: never created, or forgotten. Or it is in another process than it was opened on, and
    /// nobody has said yet that nothing was lost: until then nothing is changed there. Try later.
    /// </summary>
    ShardLost,

    /// <summary>The operation is not for this kind of grain.</summary>
    WrongKind,

    /// <summary>Too many changes wait to be announced; try later.</summary>
    OutboxFull,

    /// <summary>
    /// The shard was written by another version or with another number of shards; for one grain: its record is not
    /// one that the directory wrote.
    /// </summary>
    WrongFormat,

    /// <summary>What was exported is imported only while the shard is being told again what it forgot.</summary>
    NotReasserting,
}

/// <summary>How an owner learns that it is not one any more.</summary>
public enum GrainKind
{
    /// <summary>An owner goes on until a resource refuses its epoch.</summary>
    Fenced,

    /// <summary>The client denies ownership from the end of its session's lease on.</summary>
    Leased,
}

/// <summary>The record of a grain.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Cluster">The cluster that owns it; for a tombstone the one that did.</param>
/// <param name="Holder">The session that holds it; null after a promotion and for tombstones and external
/// types.</param>
/// <param name="Epoch">The version of the ownership.</param>
/// <param name="Kind">How ownership ends.</param>
/// <param name="Tombstone">Whether it was released: nobody owns it, the epoch stays.</param>
/// <param name="Offer">What the holder said about giving it to another; null where it said nothing.</param>
public sealed record GrainRecord(
    GrainId Grain,
    ClusterId Cluster,
    SessionId? Holder,
    Epoch Epoch,
    GrainKind Kind,
    bool Tombstone,
    GrainOffer? Offer = null);

/// <summary>A holder's word about its grain under one epoch; every change of the epoch ends it.</summary>
/// <param name="To">
/// The cluster that may accept the grain; null: nobody may, whatever was offered under this epoch before.
/// </param>
public sealed record GrainOffer(ClusterId? To);

/// <summary>A grain to claim.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="ExpectedEpoch">Take it from another holder of the same cluster, if its epoch is still this one. On a
/// leased record only after Consensus has answered that the holder's session ended.</param>
/// <param name="Kind">
/// The kind that the type is defined to have, which the record gets with its new epoch. Absent: it stays as it is, and
/// is <see cref="GrainKind.Fenced"/> where there is no record.
/// </param>
public sealed record GrainClaim(GrainId Grain, Epoch? ExpectedEpoch = null, GrainKind? Kind = null);

/// <summary>A grain and the epoch under which the caller holds it.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Kind">
/// The kind that the record had under this epoch, for a directory that is told again; nothing else reads it. Absent:
/// as the record is, and <see cref="GrainKind.Fenced"/> where there is none.
/// </param>
public sealed record HeldGrain(GrainId Grain, Epoch Epoch, GrainKind? Kind = null);

/// <summary>The answer for one grain.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Status">What it came to.</param>
/// <param name="Record">The record as it is now, where there is one.</param>
/// <param name="Bound">With <see cref="DirectoryStatus.TokenTooLow"/> the token to exceed, with
/// <see cref="DirectoryStatus.BelowFloor"/> the floor.</param>
/// <param name="Shard">The state of its shard.</param>
public sealed record GrainAnswer(
    GrainId Grain, DirectoryStatus Status, GrainRecord? Record, Token Bound, ShardVersion Shard);

/// <summary>Which memory a shard answered from, and how far that memory has come.</summary>
/// <param name="Gen">Random, chosen when the shard was opened; empty where it has no meta.</param>
/// <param name="Seq">Raised by every change.</param>
public sealed record ShardVersion(string Gen, ulong Seq);

/// <summary>
/// A memory that this process was answered from, and that another answer did not know: a loss, or a former master's.
/// </summary>
/// <param name="Shard">The shard.</param>
/// <param name="Gen">The name of the memory.</param>
/// <param name="Seq">How far it had come in the newest answer from it.</param>
/// <param name="Run">The process that the shard was opened on in that answer.</param>
public sealed record ForgottenMemory(int Shard, string Gen, ulong Seq, string Run);

/// <summary>The answer of an operation on a whole shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Status">What it came to.</param>
/// <param name="Version">Its memory.</param>
/// <param name="Bound">With <see cref="DirectoryStatus.GrantSuperseded"/> the installed token, else the floor.</param>
public sealed record ShardAnswer(int Shard, DirectoryStatus Status, ShardVersion Version, Token Bound)
{
    /// <summary>
    /// The process that the shard was opened on: Redis' <c>run_id</c>, and the line of changes that it writes since it
    /// became the master. Only open, reopen, confirm and describe say it.
    /// </summary>
    public string Run { get; init; } = "";

    /// <summary>
    /// The process that answered. Another than <see cref="Run"/> was restarted, took over, or was a replica meanwhile,
    /// and may have forgotten something.
    /// </summary>
    public string Process { get; init; } = "";

    /// <summary>
    /// The sequence that <see cref="Run"/> began with. Who knew a higher one of this memory in an earlier process knows
    /// that something was lost, however far the memory has come since.
    /// </summary>
    public ulong Since { get; init; }
}

/// <summary>One page of records.</summary>
/// <param name="Status">What it came to.</param>
/// <param name="Records">
/// The records of this page, without those that cannot be read; may be empty before the last page.
/// </param>
/// <param name="Next">The cursor of the next page; null after the last.</param>
/// <param name="Version">The memory of the shard.</param>
public sealed record GrainPage(
    DirectoryStatus Status, IReadOnlyList<GrainRecord> Records, string? Next, ShardVersion Version)
{
    /// <summary>Records that are not in the page because the directory did not write them so.</summary>
    public int Malformed { get; init; }
}

/// <summary>One call of a promotion.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Election">The election, whose scope is the cluster that takes over.</param>
/// <param name="Token">Its token, installed on the shard before.</param>
/// <param name="From">The cluster that is unreachable.</param>
/// <param name="LivingSessions">
/// Sessions of that cluster that have not ended, at most <see cref="DirectoryLimits.LivingSessionsMax"/>: leased
/// records they hold stay. Those that hold no leased record need not be named.
/// </param>
/// <param name="Cursor">Null to start, then <see cref="PromoteAnswer.Next"/>.</param>
/// <param name="Cause">Why, for history and subscribers.</param>
public sealed record PromoteCall(
    int Shard,
    ElectionName Election,
    Token Token,
    ClusterId From,
    IReadOnlyList<SessionId> LivingSessions,
    string? Cursor,
    string Cause)
{
    /// <summary>
    /// The most records that this call moves, 1 to <see cref="DirectoryLimits.GrainsPerCallMax"/>; null, and beyond
    /// <see cref="DirectoryLimits.GrainsPerPromotion"/>: as many as the directory moves at once.
    /// </summary>
    public int? GrainsMax { get; init; }

    /// <summary>Which grain types move; null: all.</summary>
    public GrainTypeFilter? Types { get; init; }

    /// <summary>
    /// Every session that was opened before this one may live, too, whether it is named or not: after Consensus was
    /// restored from a backup nobody knows those that were opened since. Null: only those that are named.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // An older version refuses what it does not know.
    public SessionId? LivingBefore { get; init; }

    /// <summary>
    /// How long the shard keeps when how many records were moved by this election's calls, above 0 and at most a day:
    /// <see cref="CountAnswer.Promoted"/>. Null: this call is not kept.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? KeptFor { get; init; }
}

/// <summary>Some grain types, or all but these.</summary>
/// <param name="IsOnly">Whether only the named types are meant; else all others.</param>
/// <param name="Types">
/// At most <see cref="DirectoryLimits.GrainTypesPerCallMax"/> types; only those of none are none at all.
/// </param>
public sealed record GrainTypeFilter(bool IsOnly, IReadOnlyList<string> Types)
{
    public bool Admits(string type) => Types.Contains(type, StringComparer.Ordinal) == IsOnly;
}

/// <summary>The answer of one call of a promotion.</summary>
/// <param name="Status">What it came to.</param>
/// <param name="Promoted">Records that moved in this call.</param>
/// <param name="Newer">Records left because their token is not below the caller's: a race lost to them.</param>
/// <param name="Leased">Records left because a living session holds them on a lease.</param>
/// <param name="Malformed">Records left because the directory did not write them so and cannot read them.</param>
/// <param name="Remaining">Records that the cluster still owns on the shard, those left included.</param>
/// <param name="Next">The cursor of the next call; null when the pass over the shard is over.</param>
/// <param name="Bound">With <see cref="DirectoryStatus.GrantSuperseded"/> the installed token, with
/// <see cref="DirectoryStatus.BelowFloor"/> the floor.</param>
/// <param name="Version">The memory of the shard.</param>
public sealed record PromoteAnswer(
    DirectoryStatus Status,
    int Promoted,
    int Newer,
    int Leased,
    int Malformed,
    long Remaining,
    string? Next,
    Token Bound,
    ShardVersion Version)
{
    /// <summary>Records left because <see cref="PromoteCall.Types"/> does not admit their type.</summary>
    public int Skipped { get; init; }
}

/// <summary>One announced change of a shard.</summary>
/// <param name="Seq">Its sequence on the shard.</param>
/// <param name="EventType">The name of the event's record in the contracts.</param>
/// <param name="Payload">What it says, compact; decoded by <c>OutboxEvents</c>.</param>
/// <param name="TraceParent">The trace that caused it; empty where there was none.</param>
public sealed record OutboxEntry(ulong Seq, string EventType, string Payload, string TraceParent);

/// <summary>A page of the outbox of a shard.</summary>
public sealed record OutboxPage(
    DirectoryStatus Status, IReadOnlyList<OutboxEntry> Entries, Token Floor, ShardVersion Version)
{
    /// <inheritdoc cref="ShardAnswer.Run"/>
    public string Run { get; init; } = "";

    /// <inheritdoc cref="ShardAnswer.Process"/>
    public string Process { get; init; } = "";
}

/// <summary>The answer of one call that erases tombstones.</summary>
/// <param name="Status">What it came to.</param>
/// <param name="Erased">Tombstones that are gone.</param>
/// <param name="Next">The cursor of the next call; null when the pass over the shard is over.</param>
/// <param name="Bound">With <see cref="DirectoryStatus.GrantSuperseded"/> the installed token, else the floor.</param>
/// <param name="Version">The memory of the shard.</param>
public sealed record EraseAnswer(
    DirectoryStatus Status, int Erased, string? Next, Token Bound, ShardVersion Version);

/// <summary>One change of a grain.</summary>
/// <param name="At">When the directory's caller did it, UTC.</param>
/// <param name="Cause">What was done: <c>claim</c>, <c>promote</c>, <c>release</c>, <c>register</c>, <c>offer</c>,
/// <c>withdraw</c>, <c>transfer</c>, <c>reassert</c>, <c>import</c>, with its reason.</param>
/// <param name="Record">The record after it.</param>
/// <param name="Seq">Its sequence on the shard.</param>
public sealed record HistoryEntry(DateTime At, string Cause, GrainRecord Record, ulong Seq);

/// <summary>The history of a grain.</summary>
public sealed record HistoryAnswer(DirectoryStatus Status, IReadOnlyList<HistoryEntry> Entries);
