namespace Holdfast.Directory;

/// <summary>
/// What this process was answered from one shard, and what the shard has forgotten of it. The relay of a shard sees a
/// loss of what it had read; what was acknowledged after its last read only those know who were answered. Thread-safe.
/// </summary>
/// <remarks>
/// Answers overtake each other, so an answer is compared with what was known when its call began: a shard that forgot
/// nothing has come at least so far in every later answer, and wherever it is in another process, that one began at
/// least so far.
/// </remarks>
internal sealed class MemoryWitness(int shard)
{
    private readonly Lock _lock = new();
    private MemorySighting? _known;
    private ForgottenMemory? _forgotten;

    /// <summary>What is known now; to be taken before a call and brought along with its answer.</summary>
    public MemorySighting? Known
    {
        get
        {
            lock (_lock) return _known;
        }
    }

    /// <summary>
    /// The memory that is gone, for as long as the shard has not been opened for its loss, and it was not found again.
    /// </summary>
    public ForgottenMemory? Forgotten
    {
        get
        {
            lock (_lock) return _forgotten;
        }
    }

    /// <summary>Takes an answer.</summary>
    /// <param name="before">What was known when its call began.</param>
    /// <param name="seen">What it says.</param>
    public void Saw(MemorySighting? before, MemorySighting seen)
    {
        // Everything is gone, for everybody to see: the shard's relay reports it.
        if (seen.Gen.Length == 0) return;
        lock (_lock)
        {
            if (before is { } known && known.Gen == seen.Gen && HasForgotten(known, seen))
                ForgetLocked(known.Gen);
            else LearnLocked(before, seen);
        }
    }

    /// <summary>Who said that this memory was gone was not the one who serves the shard.</summary>
    public void FoundAgain(ForgottenMemory memory)
    {
        lock (_lock) if (_forgotten == memory) _forgotten = null;
    }

    private static bool HasForgotten(MemorySighting known, MemorySighting seen) =>
        seen.Seq < known.Seq || (seen.Run != known.Run && seen.Since < known.Seq);

    private void ForgetLocked(string gen)
    {
        // Opened anew since that call began: the loss of the memory before is known to all.
        if (_known is { } newest && newest.Gen == gen)
            _forgotten ??= new ForgottenMemory(shard, gen, newest.Seq, newest.Run);
    }

    private void LearnLocked(MemorySighting? before, MemorySighting seen)
    {
        if (_known is not { } known || (known.Gen, known.Run) == (seen.Gen, seen.Run))
        {
            if (_known is null || seen.Seq > _known.Value.Seq) _known = seen;
            return;
        }

        // Another process or memory than is known now: only a call that began after that was known can say that it has
        // followed on it.
        if (before is not { } from || (from.Gen, from.Run) != (known.Gen, known.Run)) return;
        if (known.Gen != seen.Gen) _forgotten = null;
        _known = seen;
    }
}

/// <summary>What an answer says of a shard's memory.</summary>
/// <param name="Gen">Its name; empty where there is none.</param>
/// <param name="Seq">How far it has come.</param>
/// <param name="Run">The process that it was opened on or confirmed for.</param>
/// <param name="Since">The sequence that this process began with.</param>
internal readonly record struct MemorySighting(string Gen, ulong Seq, string Run, ulong Since);
