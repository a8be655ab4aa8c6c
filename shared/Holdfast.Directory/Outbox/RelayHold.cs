namespace Holdfast.Directory;

/// <summary>What holds all relays back for a moment, and never for longer than it may.</summary>
/// <param name="max">The longest that one hold lasts.</param>
/// <param name="time">The clock of it.</param>
internal sealed class RelayHold(TimeSpan max, TimeProvider time)
{
    private TaskCompletionSource? _over;

    /// <summary>Begins a hold, unless there is one.</summary>
    public void Begin()
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _over, over, null) is null) _ = EndInTimeAsync(over);
    }

    /// <summary>Ends the hold, if there is one.</summary>
    public void End() => Interlocked.Exchange(ref _over, null)?.TrySetResult();

    /// <summary>Returns when nothing is held back, or no longer.</summary>
    public Task WaitAsync(CancellationToken cancel) =>
        Volatile.Read(ref _over) is { Task: { IsCompleted: false } over } ? over.WaitAsync(cancel) : Task.CompletedTask;

    // The hold stays begun until it is ended, so that who goes on holding does not begin another. Not cancelled when it
    // is ended before: there is one at a time, a few seconds long.
    private async Task EndInTimeAsync(TaskCompletionSource over)
    {
        await Task.Delay(max, time);
        over.TrySetResult();
    }
}
