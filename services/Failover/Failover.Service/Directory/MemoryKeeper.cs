using System.Collections.Immutable;
using System.Security.Cryptography;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Directory;

/// <summary>
/// Looks after the memory of the shards whose relay this Failover is: at every read of the relay it compares what the
/// shard says with what it said before, and takes the step that follows. One shard's relay asks one thing at a time.
/// </summary>
internal sealed class MemoryKeeper(
    FailoverOptions options, MemoryCalls calls, IGrainDirectory directory, IMonotonicClock clock)
{
    private readonly ShardMemory[] _memories =
    [
        .. Enumerable.Range(0, directory.Shards).Select(shard =>
            new ShardMemory(shard, options.ReassertWindow, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)))),
    ];

    // Set where the shard was another's meanwhile; heeded by the next look, for the last one may still be under way.
    private readonly int[] _isForgotten = new int[directory.Shards];

    // Whether a look at the shard was taken since the creation was known to have ended.
    private readonly bool[] _isCreated = new bool[directory.Shards];

    private FailoverView? _view;

    /// <summary>How the machine stands now: whether the directory is created, and the newest floors.</summary>
    public void Follow(FailoverView view) => Volatile.Write(ref _view, view);

    /// <summary>These are the shards whose relay this Failover is from now on.</summary>
    public void Own(IReadOnlySet<int> shards)
    {
        for (var shard = 0; shard < _isForgotten.Length; shard++)
        {
            if (!shards.Contains(shard)) Volatile.Write(ref _isForgotten[shard], 1);
        }
    }

    /// <summary>True when something was done, and the shard is worth another look at once.</summary>
    public async Task<bool> MindAsync(ShardAnswer seen, RelayGrant grant, CancellationToken cancel)
    {
        // Before the creation has ended a shard without a memory has lost nothing. What it said may be as old, until
        // it was asked after that was known.
        if (Volatile.Read(ref _view) is not { Directory.Created: true } view) return _isCreated[seen.Shard] = false;
        var wasCreated = _isCreated[seen.Shard];
        _isCreated[seen.Shard] = true;
        if (!wasCreated && seen.Version.Gen.Length == 0) return false;
        if (seen.Status == DirectoryStatus.WrongFormat) return false;
        var memory = _memories[seen.Shard];
        if (Interlocked.Exchange(ref _isForgotten[seen.Shard], 0) == 1) memory.Forget();
        var step = memory.Next(
            SightingOf(seen), view.Floors.GetValueOrDefault(seen.Shard), grant.Token, clock.Now());
        return step is not null && await calls.TakeAsync(seen.Shard, step, memory, grant, cancel);
    }

    private static ShardSighting SightingOf(ShardAnswer seen) => new(
        seen.Version.Gen,
        seen.Version.Seq,
        seen.Bound,
        seen.Run,
        seen.Process,
        seen.Status == DirectoryStatus.Reasserting);
}
