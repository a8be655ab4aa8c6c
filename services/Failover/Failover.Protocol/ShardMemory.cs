using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// What the relay of a shard knows of the shard's memory, and what is to be done when the shard does not know it any
/// more. Pure: it is told what the shard says of itself and answers with one step; the shell takes it, tells how it
/// ended, and looks again.
/// </summary>
/// <remarks>
/// A shard's memory has a name (gen), a place it has come to (seq), a floor, and the process it was opened on. Two
/// things make sure that no loss is missed: nothing is changed in a process that was not confirmed, so a memory that
/// went back is seen as it went back; and each floor is an entry of the log, so a memory that never heard of the newest
/// one is an older memory. Where this process knows nothing of the shard (it was started since), nobody here can say
/// that a restarted Redis lost nothing, and it counts as lost.
/// </remarks>
/// <param name="shard">The shard.</param>
/// <param name="reassertWindow">How long its owners have to tell it again what they hold.</param>
/// <param name="random">
/// Draws names for memories that nobody here ever knew. Not two processes, nor one after its restart, may draw the
/// same: a memory is lost once by its name.
/// </param>
public sealed class ShardMemory(int shard, TimeSpan reassertWindow, Random random)
{
    private (string Gen, ulong Seq, Token Floor)? _known;

    // The floor of a committed loss that the shard is to be opened with.
    private Token? _floor;

    // The name under which a memory that this process never knew is reported, the same however often.
    private string? _madeUp;
    private (Token Opened, Instant At)? _window;

    /// <summary>The one thing to do now, and null when there is nothing.</summary>
    /// <param name="seen">What the shard said of itself, asked for after the last step had ended.</param>
    /// <param name="newestFloor">The newest committed loss of the shard; none: <see cref="Token.None"/>.</param>
    /// <param name="token">The own token.</param>
    /// <param name="now">The time.</param>
    public MemoryStep? Next(ShardSighting seen, Token newestFloor, Token token, Instant now)
    {
        if (_floor is { } floor)
        {
            if (!seen.HasMemory || seen.Floor < floor) return new MemoryStep.Reopen(floor);

            // Opened for this loss or a later one, by whomever: it is another memory from here on.
            (_floor, _known, _madeUp) = (null, null, null);
        }

        if (Loss(seen, newestFloor) is { } loss) return loss;
        if (_known is { } known && !seen.IsConfirmed) return new MemoryStep.Confirm(known.Gen, known.Seq);
        _known = (seen.Gen, seen.Seq, seen.Floor);
        return seen.IsReasserting ? Close(seen, token, now) : null;
    }

    /// <summary>
    /// Another looks after the shard from here on, and repairs it too: what was known may be long gone when it comes
    /// back.
    /// </summary>
    public void Forget() => (_known, _floor, _window) = (null, null, null);

    /// <summary>The loss is an entry of the log, and its token the floor.</summary>
    public void Reported(Token floor) => _floor = floor;

    private MemoryStep.Report? Loss(ShardSighting seen, Token newestFloor)
    {
        // Opened for a loss that another reported and repaired: each floor is the token of one.
        if (_known is { } before && seen.HasMemory && seen.Gen != before.Gen && seen.Floor > before.Floor &&
            seen.Floor >= newestFloor)
        {
            _known = null;
        }

        if (_known is not { } known)
        {
            if (!seen.HasMemory || seen.Floor < newestFloor)
                return new MemoryStep.Report(MadeUp(), 0, seen.Process, MemoryEvidence.Gen);
            return seen.IsConfirmed
                ? null
                : new MemoryStep.Report(seen.Gen, seen.Seq, seen.Process, MemoryEvidence.Run);
        }

        if (seen.Gen != known.Gen || seen.Floor < newestFloor)
            return new MemoryStep.Report(known.Gen, known.Seq, seen.Process, MemoryEvidence.Gen);
        return seen.Seq < known.Seq
            ? new MemoryStep.Report(known.Gen, known.Seq, seen.Process, MemoryEvidence.Seq)
            : null;
    }

    private MemoryStep.Close? Close(ShardSighting seen, Token token, Instant now)
    {
        if (_window is not { } window || window.Opened != seen.Floor) _window = window = (seen.Floor, now);

        // Who closes needs a token from after the loss; the machine advances as soon as it reads of it.
        return now >= window.At + reassertWindow && token >= window.Opened ? new MemoryStep.Close(window.Opened) : null;
    }

    private string MadeUp() => _madeUp ??= $"unknown-{shard:x2}-{random.NextInt64():x16}";
}

/// <summary>What a shard says of itself.</summary>
/// <param name="Gen">The name of its memory; empty where it has none.</param>
/// <param name="Seq">How far that has come.</param>
/// <param name="Floor">Below it no token counts.</param>
/// <param name="Run">The process that the shard was opened on or confirmed for.</param>
/// <param name="Process">The process that answered.</param>
/// <param name="IsReasserting">Whether its owners are telling it again what they hold.</param>
public sealed record ShardSighting(
    string Gen, ulong Seq, Token Floor, string Run, string Process, bool IsReasserting)
{
    public bool HasMemory => Gen.Length > 0;

    public bool IsConfirmed => Run == Process;
}

/// <summary>What a loss was seen by.</summary>
public enum MemoryEvidence
{
    Gen,
    Run,
    Seq,
}

/// <summary>One step of the repair of a shard.</summary>
public abstract record MemoryStep
{
    private MemoryStep()
    {
    }

    /// <summary>The process is another and the memory as it was known: nothing was lost.</summary>
    public sealed record Confirm(string Gen, ulong Seq) : MemoryStep;

    /// <summary>The memory is gone: to be an entry of the log, which is told by <see cref="ShardMemory.Reported"/>.
    /// </summary>
    public sealed record Report(string Gen, ulong Seq, string Process, MemoryEvidence Evidence) : MemoryStep;

    /// <summary>The shard is opened for the loss of this floor, with a window.</summary>
    public sealed record Reopen(Token Floor) : MemoryStep;

    /// <summary>The window is over.</summary>
    public sealed record Close(Token Opened) : MemoryStep;
}
