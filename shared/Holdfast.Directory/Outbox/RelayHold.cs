namespace Holdfast.Directory;

/// <summary>
/// What holds all relays back while somebody gets on with something, and never for longer than it may.
/// </summary>
/// <param name="max">The longest that one hold lasts.</param>
/// <param name="idleMax">The longest that it lasts without progress.</param>
/// <param name="time">The clock of it.</param>
internal sealed class RelayHold(TimeSpan max, TimeSpan idleMax, TimeProvider time)
{
    private TaskCompletionSource? _over;
    private long _progressedAt;

    /// <summary>Begins a hold, unless there is one.</summary>
    public void Begin()
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _over, over, null) is not null) return;
        Progressed();
        _ = EndInTimeAsync(over);
    }

    /// <summary>What it is held for has got on.</summary>
    public void Progressed() => Volatile.Write(ref _progressedAt, time.GetTimestamp());

    /// <summary>Ends the hold, if there is one.</summary>
    public void End() => Interlocked.Exchange(ref _over, null)?.TrySetResult();

    /// <summary>Returns when nothing is held back, or no longer.</summary>
    public Task WaitAsync(CancellationToken cancel) =>
        Volatile.Read(ref _over) is { Task: { IsCompleted: false } over } ? over.WaitAsync(cancel) : Task.CompletedTask;

    // The hold stays begun until it is ended, so that who goes on holding does not begin another. Not cancelled when it
    // is ended before: it looks again soon, and there are few.
    private async Task EndInTimeAsync(TaskCompletionSource over)
    {
        var begunAt = time.GetTimestamp();
        while (!over.Task.IsCompleted)
        {
            var left = max - time.GetElapsedTime(begunAt);
            var idle = idleMax - time.GetElapsedTime(Volatile.Read(ref _progressedAt));
            if (idle < left) left = idle;
            if (left <= TimeSpan.Zero) break;
            await Task.Delay(left, time);
        }

        over.TrySetResult();
    }
}
