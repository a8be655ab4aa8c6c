using Holdfast.Primitives;

namespace Holdfast.Directory;

/// <summary>
/// What makes a shard whole again after it lost its memory, and what keeps it small. After a loss that Consensus
/// committed, its token is the floor that the shard is reopened with; live holders tell again what they hold while the
/// window is open, and nobody claims or promotes until it is closed.
/// </summary>
public interface IShardRepair
{
    /// <summary>
    /// Opens a shard after a committed loss: another memory (<see cref="ShardVersion.Gen"/>), the floor, and the
    /// window in which owners tell what they hold. A shard that was opened for this loss stays as it is
    /// (<see cref="DirectoryStatus.Ok"/>, also when its window is closed by now), one opened for a later loss too
    /// (<see cref="DirectoryStatus.BelowFloor"/>).
    /// </summary>
    /// <param name="shard">0 to <see cref="IGrainDirectory.Shards"/> - 1.</param>
    /// <param name="election">The election whose token the caller holds.</param>
    /// <param name="token">That token; may be below the floor.</param>
    /// <param name="floor">The token of the committed loss.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ShardAnswer> ReopenShardAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel);

    /// <summary>
    /// Says that a shard whose process was restarted, or whose replica took over, has lost nothing: it has the memory
    /// that the caller knew and has come at least as far. From then on the process is the one it was opened on. Else
    /// <see cref="DirectoryStatus.ShardLost"/>: it must be reopened.
    /// </summary>
    /// <param name="shard">0 to <see cref="IGrainDirectory.Shards"/> - 1.</param>
    /// <param name="election">The election whose token the caller holds.</param>
    /// <param name="token">That token, not below the floor.</param>
    /// <param name="known">The newest that was ever seen of the shard.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ShardAnswer> ConfirmShardAsync(
        int shard, ElectionName election, Token token, ShardVersion known, CancellationToken cancel);

    /// <summary>
    /// Closes the window. <see cref="DirectoryStatus.BelowFloor"/> when the shard lost its memory once more since,
    /// <see cref="DirectoryStatus.ShardLost"/> when it was not opened for this loss yet.
    /// </summary>
    /// <param name="shard">0 to <see cref="IGrainDirectory.Shards"/> - 1.</param>
    /// <param name="election">The election whose token the caller holds.</param>
    /// <param name="token">That token, not below the floor.</param>
    /// <param name="opened">The token of the loss that the window was opened for.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ShardAnswer> CloseWindowAsync(
        int shard, ElectionName election, Token token, Token opened, CancellationToken cancel);

    /// <summary>
    /// A holder tells what it holds, in the window: a higher epoch than the record's wins, whatever the cluster, and
    /// is kept as it is; else <see cref="DirectoryStatus.LostRace"/>. Needs a token that is not below the floor, which
    /// only who lives after the loss can have. The record that already says so is <c>Ok</c>, also after the window;
    /// any other is then <see cref="DirectoryStatus.NotOwner"/>. A holder writes on under the epoch it held; after the
    /// window it advances and claims, and serves only if the record was still its own.
    /// </summary>
    Task<IReadOnlyList<GrainAnswer>> ReassertAsync(
        IReadOnlyList<HeldGrain> grains, ClusterId cluster, SessionId session, Token token, CancellationToken cancel);

    /// <summary>
    /// Brings back records of an export, tombstones too, in the window only
    /// (<see cref="DirectoryStatus.NotReasserting"/>): the higher epoch wins, and what is there under the same or a
    /// higher one stays (<see cref="DirectoryStatus.LostRace"/>). A record under a token above the caller's is
    /// <see cref="DirectoryStatus.TokenTooLow"/>: it is from the future, or from another installation.
    /// </summary>
    Task<IReadOnlyList<GrainAnswer>> ImportAsync(
        IReadOnlyList<GrainRecord> records, ElectionName election, Token token, CancellationToken cancel);

    /// <summary>
    /// Raises the floor, below which no token counts any more; only ever raises. Demands the installed grant. Safe up
    /// to the lowest token that any living session holds.
    /// </summary>
    /// <exception cref="ArgumentException">The floor is above <paramref name="token"/>.</exception>
    Task<ShardAnswer> RaiseFloorAsync(
        int shard, ElectionName election, Token token, Token floor, CancellationToken cancel);

    /// <summary>
    /// Erases one page of tombstones below the floor; demands the installed grant. Call again with
    /// <see cref="EraseAnswer.Next"/> until it is null.
    /// </summary>
    Task<EraseAnswer> EraseTombstonesAsync(
        int shard, ElectionName election, Token token, string? cursor, CancellationToken cancel);

    /// <summary>
    /// One page of all records of a shard, tombstones too. May repeat, never omits what stays throughout, while all
    /// pages are of one process (<see cref="ShardAnswer.Process"/>): a cursor says nothing to another. Records that
    /// cannot be read are counted only.
    /// </summary>
    Task<GrainPage> ScanAsync(int shard, string? cursor, CancellationToken cancel);

    /// <summary>
    /// How many live records each of 1 to <see cref="DirectoryLimits.ClustersPerCallMax"/> clusters has on a shard, and
    /// who else has some, at the cost of a look at a set's size each.
    /// </summary>
    Task<CountAnswer> CountAsync(int shard, IReadOnlyList<ClusterId> clusters, CancellationToken cancel);
}
