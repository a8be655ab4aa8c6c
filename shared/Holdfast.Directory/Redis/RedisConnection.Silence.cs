namespace Holdfast.Directory.Redis;

/// <summary>
/// What becomes of a connection that says nothing any more. A peer that went without a word (a network that was cut and
/// came back under another address) is noticed by TCP after a quarter of an hour, and by 1.2.6 no sooner: its
/// keep-alive writes and does not look for an answer. So a connection on which no call was answered for a while is left
/// for a new one.
/// </summary>
internal sealed partial class RedisConnection
{
    private static readonly TimeSpan SilenceMin = TimeSpan.FromSeconds(5);

    /// <summary>A server that is merely slow has this long, two deadlines of calls at least.</summary>
    private TimeSpan SilenceMax => _options.Deadline * 2 is var two && two > SilenceMin ? two : SilenceMin;

    private void Heard() => Volatile.Write(ref _heardAt, _time.GetTimestamp());

    private void LeaveIfSilent(RedisLink used)
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _heardAt)) < SilenceMax || !TryLeaveLocked(used)) return;
        }

        Log.ConnectionSilent(_logger, _options.RedisName);
    }

    /// <summary>Gives a connection up for a new one; false where that was done, or it has not come about yet.</summary>
    private bool TryLeaveLocked(RedisLink used)
    {
        if (_closing.IsCancellationRequested || !ReferenceEquals(used, _link)) return false;
        if (used.Made is null) return false;
        _link = new RedisLink(ConnectAsync);
        _leaving = Task.WhenAll(_leaving, CloseAsync(used));
        return true;
    }

    /// <summary>Ends what is under way on it first, so that nothing waits for an answer that never comes.</summary>
    private async Task CloseAsync(RedisLink link)
    {
        // Before the first wait 1.2.6 takes its sockets apart under locks of its own: not under ours, for which all
        // calls would wait.
        await Task.Yield();
        try
        {
            await link.LeaveAsync();
            var multiplexer = await link.Multiplexer;
            await multiplexer.CloseAsync(allowCommandsToComplete: false).WaitAsync(_options.Deadline, _time);
            multiplexer.Dispose();
        }
        catch (Exception error) when (error is OperationCanceledException || RedisError.IsRedis(error))
        {
            Log.CloseFailed(_logger, error.Message);
        }
        finally
        {
            link.Dispose();
        }
    }
}
