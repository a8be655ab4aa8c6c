using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// The shards that did not answer. Nothing is asked of them, so that they hold up nothing else, but one small look
/// again and again, beside the keeper's steps, until they answer.
/// </summary>
/// <param name="directory">Whose shards they are.</param>
/// <param name="answered">Called when one answers again.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="random">Spreads the looks of many processes.</param>
/// <param name="over">Ends all looks.</param>
internal sealed class SilentShards(
    IGrainDirectory directory, Action answered, TimeProvider time, Random random, CancellationToken over)
{
    private readonly Backoff _pauses = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), random);
    private readonly Lock _gate = new();

    // How often each did not answer since it last carried something out.
    private readonly Dictionary<int, int> _failures = [];

    // Invariant: those that are looked at.
    private readonly HashSet<int> _silent = [];

    public bool Contains(int shard)
    {
        lock (_gate) return _silent.Contains(shard);
    }

    /// <summary>A shard did not answer. False where that was known.</summary>
    public bool Add(int shard)
    {
        lock (_gate)
        {
            if (!_silent.Add(shard)) return false;
            _failures[shard] = _failures.GetValueOrDefault(shard) + 1;
        }

        _ = LookAsync(shard);
        return true;
    }

    /// <summary>It has carried something out. An answered look says less: it may still hang on all else.</summary>
    public void Answered(int shard)
    {
        lock (_gate) _failures.Remove(shard);
    }

    private async Task LookAsync(int shard)
    {
        do await Task.Delay(PauseOf(shard), time, over).ConfigureAwait(Aside.Quietly);
        while (!over.IsCancellationRequested && !await TryLookAsync(shard));
        lock (_gate) _silent.Remove(shard);
        if (!over.IsCancellationRequested) answered();
    }

    private TimeSpan PauseOf(int shard)
    {
        lock (_gate) return _pauses.After(_failures.GetValueOrDefault(shard, 1));
    }

    private async Task<bool> TryLookAsync(int shard)
    {
        try
        {
            await directory.ShardAsync(shard, over);
            return true;
        }
        catch (Exception failure)
        {
            lock (_gate) _failures[shard] = _failures.GetValueOrDefault(shard) + 1;
            if (failure is not (DirectoryUnavailableException or OperationCanceledException))
                Telemetry.GrainCallFailed("look", failure);
            return false;
        }
    }
}
