using Holdfast.Directory;

namespace Holdfast.Client;

/// <summary>What a look at a shard asks of a holder.</summary>
internal enum ShardCall
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The shard lost its memory and listens: tell it everything that is held of it.</summary>
    Tell,

    /// <summary>It listens no more, and was told everything: claim everything that is held of it again.</summary>
    ClaimAgain,

    /// <summary>
    /// It has another memory, which was not told everything: claim everything again, and believe of nothing that nobody
    /// else has it.
    /// </summary>
    Missed,
}

/// <summary>
/// Which memory each shard of the directory had when it was looked at last; a shard that has another one lost what it
/// knew. No clock, no network.
/// </summary>
internal sealed class ShardMemories(int shards)
{
    private readonly Memory?[] _known = new Memory?[shards];

    /// <summary>The memory that a shard's records are believed from; empty where it was never seen.</summary>
    public string GenOf(int shard) => _known[shard]?.Gen ?? "";

    /// <summary>Whether a shard answers from the memory that is known, and has told no loss.</summary>
    public bool IsSound(int shard) => _known[shard] is { IsOpen: false, IsAway: false };

    /// <summary>Takes what a shard said of itself.</summary>
    public ShardCall Saw(ShardAnswer answer)
    {
        var known = _known[answer.Shard];
        switch (answer.Status)
        {
            case DirectoryStatus.Reasserting:
                var isTold = known is { IsOpen: true, IsTold: true } && known.Gen == answer.Version.Gen;
                _known[answer.Shard] = new Memory(answer.Version.Gen, IsOpen: true, isTold);
                return isTold ? ShardCall.None : ShardCall.Tell;
            case DirectoryStatus.Ok:
                _known[answer.Shard] = new Memory(answer.Version.Gen, IsOpen: false, IsTold: false);
                if (known is null || (!known.IsOpen && known.Gen == answer.Version.Gen)) return ShardCall.None;
                return known.IsTold && known.Gen == answer.Version.Gen ? ShardCall.ClaimAgain : ShardCall.Missed;
            default:
                // Lost, or in a process that nobody has confirmed. What was lost comes back as another memory.
                if (known is not null) _known[answer.Shard] = known with { IsAway = true };
                return ShardCall.None;
        }
    }

    /// <summary>Everything that is held was told while a memory listened; it is not asked for again.</summary>
    public void Told(int shard, string gen)
    {
        if (_known[shard] is { IsOpen: true } known && known.Gen == gen)
            _known[shard] = known with { IsTold = true };
    }

    private sealed record Memory(string Gen, bool IsOpen, bool IsTold, bool IsAway = false);
}
