using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>
/// The compare-and-set directory of who owns what: one record (cluster, holder, epoch) per grain, sharded. Each
/// operation is atomic per shard, idempotent when repeated with the same arguments, and bounded by
/// <see cref="DirectoryLimits.GrainsPerCallMax"/> grains a call. What a caller must handle is a
/// <see cref="DirectoryStatus"/>; a directory that cannot be reached within the deadline throws
/// <see cref="DirectoryUnavailableException"/>, and the call may or may not have been carried out.
/// </summary>
/// <remarks>
/// Three implementations pass one contract suite: Redis (Lua), embedded (in memory), and HTTP (to another process'
/// embedded one). Operations on grains take any mix of shards and split it; operations of services name one shard.
/// The current <see cref="System.Diagnostics.Activity"/> is written beside each announced change.
/// </remarks>
public interface IGrainDirectory : IShardRepair
{
    /// <summary>How many shards the directory has, fixed when it was created.</summary>
    int Shards { get; }

    /// <summary>
    /// Memories of shards that this process was answered from and that are gone, until their shards are opened anew:
    /// to be reported to Consensus, since nobody else may know. An embedded directory goes with its process and has
    /// none; nor has one over HTTP, which leaves that to whom it asks.
    /// </summary>
    IReadOnlyList<ForgottenMemory> Forgotten => [];

    /// <summary>
    /// The shard has that memory after all: it is none of <see cref="Forgotten"/> any more, until another answer does
    /// not know it.
    /// </summary>
    void FoundAgain(ForgottenMemory memory)
    {
    }

    /// <summary>
    /// Opens a shard at creation, the only operation that works on a shard without meta. Repeated on a shard that is
    /// open it answers <see cref="DirectoryStatus.Ok"/> and changes nothing.
    /// </summary>
    /// <param name="shard">0 to <see cref="Shards"/> - 1.</param>
    /// <param name="election">The election whose token the caller holds.</param>
    /// <param name="token">That token.</param>
    /// <param name="floor">Tokens below it are refused on the shard from now on.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ShardAnswer> OpenShardAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel);

    /// <summary>
    /// What a shard says of itself, and whether it is still in the process that it was opened on;
    /// <see cref="DirectoryStatus.ShardLost"/> where it has no meta.
    /// </summary>
    Task<ShardAnswer> ShardAsync(int shard, CancellationToken cancel);

    /// <summary>
    /// The record of each grain, tombstones included; <see cref="DirectoryStatus.NotFound"/> where there is none.
    /// </summary>
    Task<IReadOnlyList<GrainAnswer>> LookupAsync(IReadOnlyList<GrainId> grains, CancellationToken cancel);

    /// <summary>
    /// Makes the session the holder of each grain, under a token of its own. Rules: token not below the floor; absent
    /// gives (token, 1); a tombstone's token must not be above; the same cluster with no holder, the caller, or
    /// <see cref="GrainClaim.ExpectedEpoch"/> met gives (token, 1) when the token is above the record's, else
    /// <see cref="DirectoryStatus.TokenTooLow"/>; the same holder under the same token is <c>Ok</c> and unchanged;
    /// all else is <see cref="DirectoryStatus.LostRace"/> with the winner's record.
    /// </summary>
    Task<IReadOnlyList<GrainAnswer>> ClaimAsync(
        IReadOnlyList<GrainClaim> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel);

    /// <summary>
    /// For <c>ext.</c> types only: strictly higher <paramref name="number"/> wins, the answer is the winner's record,
    /// the epoch is (0, number). Invariant 1 is not promised for these.
    /// </summary>
    Task<GrainAnswer> RegisterAsync(GrainId grain, ClusterId cluster, ulong number, CancellationToken cancel);

    /// <summary>
    /// Gives grains up; only the holder can, under the epoch it holds. A tombstone keeps the epoch. Repeating a
    /// release that was carried out is <c>Ok</c>.
    /// </summary>
    Task<IReadOnlyList<GrainAnswer>> ReleaseAsync(
        IReadOnlyList<HeldGrain> grains, SessionId session, CancellationToken cancel);

    /// <summary>
    /// The holder says under the epoch it holds that a cluster may accept each grain; no epoch changes and nothing is
    /// announced. An offer to nobody withdraws: under that epoch the grain is offered to none any more
    /// (<see cref="DirectoryStatus.LostRace"/>), so that an offer that comes late gives nothing away. A holder that
    /// offers again advances and claims first. Every change of epoch, holder or cluster ends the offer.
    /// </summary>
    Task<IReadOnlyList<GrainAnswer>> OfferAsync(
        IReadOnlyList<HeldGrain> grains, SessionId session, ClusterId? to, CancellationToken cancel);

    /// <summary>
    /// Makes the session the holder of each grain that is offered to its cluster, under a token of its own: above the
    /// record's gives (token, 1), else <see cref="DirectoryStatus.TokenTooLow"/>. The same holder under the same token
    /// is <c>Ok</c> and unchanged; not offered to this cluster is <see cref="DirectoryStatus.LostRace"/>.
    /// </summary>
    Task<IReadOnlyList<GrainAnswer>> AcceptAsync(
        IReadOnlyList<GrainId> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel);

    /// <summary>
    /// One page of a cluster's live records on a shard. May repeat, never omits what stays throughout, while all pages
    /// are of one process (<see cref="ShardAnswer.Process"/>): a cursor says nothing to another.
    /// </summary>
    /// <param name="shard">0 to <see cref="Shards"/> - 1.</param>
    /// <param name="cluster">The owner.</param>
    /// <param name="cursor">Null to start, then <see cref="GrainPage.Next"/>.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<GrainPage> ListByOwnerAsync(int shard, ClusterId cluster, string? cursor, CancellationToken cancel);

    /// <summary>
    /// Installs a token as the only one under which <paramref name="election"/> may write on the shard. Only ever
    /// raises: a lower one is answered with <see cref="DirectoryStatus.GrantSuperseded"/> and the installed token.
    /// </summary>
    Task<ShardAnswer> InstallGrantAsync(int shard, ElectionName election, Token token, CancellationToken cancel);

    /// <summary>
    /// Moves up to <see cref="DirectoryLimits.GrainsPerPromotion"/> records of <see cref="PromoteCall.From"/> whose
    /// token is below the caller's to the election's own cluster, holder empty, epoch (token, 1). Demands that the
    /// installed grant equals the token. Call again with <see cref="PromoteAnswer.Next"/> until it is null.
    /// </summary>
    Task<PromoteAnswer> PromoteAsync(PromoteCall call, CancellationToken cancel);

    /// <summary>
    /// Writes slots of one group in one step: all of them or none. Demands that the installed recovery grant equals the
    /// token (<see cref="DirectoryStatus.GrantSuperseded"/>) and that the group's grain belongs to the election's
    /// cluster (<see cref="DirectoryStatus.NotOwner"/>). A slot whose record is not what the write expects, or whose
    /// change <see cref="SlotRecord"/> does not allow, is <see cref="DirectoryStatus.LostRace"/>; a new epoch that is
    /// not above the record's is <see cref="DirectoryStatus.TokenTooLow"/>. A slot that is already as written is
    /// <c>Ok</c>, and announced once.
    /// </summary>
    Task<PutSlotsAnswer> PutSlotsAsync(PutSlotsCall call, CancellationToken cancel);

    /// <summary>
    /// The slots of a group from an index on, ascending, at most <see cref="DirectoryLimits.SlotsPerCallMax"/>
    /// indexes. A group without slots has an empty page.
    /// </summary>
    Task<SlotPage> SlotsAsync(GroupId group, int first, CancellationToken cancel);

    /// <summary>The changes of a shard after a sequence, oldest first, not yet trimmed.</summary>
    /// <param name="shard">0 to <see cref="Shards"/> - 1.</param>
    /// <param name="after">The <see cref="OutboxEntry.Seq"/> read last; 0 to start.</param>
    /// <param name="entriesMax">1 to 1,000.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<OutboxPage> ReadOutboxAsync(int shard, ulong after, int entriesMax, CancellationToken cancel);

    /// <summary>
    /// Forgets announced changes up to a sequence, inclusive; demands the installed grant of the election.
    /// </summary>
    Task<ShardAnswer> TrimOutboxAsync(
        int shard, ElectionName election, Token token, ulong upTo, CancellationToken cancel);

    /// <summary>What happened to a grain, newest first, as far as the bounded history reaches.</summary>
    Task<HistoryAnswer> HistoryAsync(GrainId grain, int entriesMax, CancellationToken cancel);
}
