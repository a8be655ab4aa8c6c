using Holdfast.Directory;

namespace Holdfast.Client;

/// <summary>What a look at a shard asks of a holder.</summary>
internal enum ShardCall
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The shard lost its memory and listens: tell it everything that is held of it.</summary>
    Tell,

    /// <summary>It has another memory and listens no more: claim everything that is held of it again.</summary>
    ClaimAgain,
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
    public bool IsSound(int shard) => _known[shard] is { IsOpen: false };

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
                var isOther = known is not null && (known.IsOpen || known.Gen != answer.Version.Gen);
                return isOther ? ShardCall.ClaimAgain : ShardCall.None;
            default:
                // Lost, and not reopened yet; what was known stays, so that the other memory is noticed.
                if (known is not null) _known[answer.Shard] = known with { IsOpen = true, IsTold = false };
                return ShardCall.None;
        }
    }

    /// <summary>Everything that is held was told while a memory listened; it is not asked for again.</summary>
    public void Told(int shard, string gen)
    {
        if (_known[shard] is { IsOpen: true } known && known.Gen == gen)
            _known[shard] = known with { IsTold = true };
    }

    private sealed record Memory(string Gen, bool IsOpen, bool IsTold);
}
