namespace Holdfast.Directory.Redis;

/// <summary>
/// The master behind Sentinels. It is asked for before each connection; and every second, because a master that was cut
/// off from its Sentinels goes on taking writes that nobody will ever see, and says nothing about it.
/// </summary>
internal sealed partial class RedisConnection
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _looks = new(0, 1);
    private readonly Sentinels? _sentinels;
    private volatile string? _master;
    private bool _isBlind;

    /// <summary>A call failed: another master may be the reason.</summary>
    private void LookForMaster()
    {
        if (_sentinels is null || _looks.CurrentCount > 0) return;
        try
        {
            _looks.Release();
        }
        catch (Exception needless) when (needless is SemaphoreFullException or ObjectDisposedException)
        {
            // Somebody else asked for a look at the same moment, or there is nothing to look for any more.
            return;
        }
    }

    private async Task WatchSentinelsAsync()
    {
        try
        {
            while (true)
            {
                await _looks.WaitAsync(LookInterval, _closing.Token);
                await FollowMasterAsync();
                await Task.Delay(LookPause, _time, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private async Task FollowMasterAsync()
    {
        var (used, former) = (_link, _master);
        try
        {
            var master = await _sentinels!.MasterAsync(_closing.Token);
            _isBlind = false;
            if (former is null || master == former) return;
            lock (_gate)
            {
                if (!TryLeaveLocked(used)) return;
            }

            Log.MasterMoved(_logger, _options.RedisName, former, master);
        }
        catch (SentinelException trouble)
        {
            // The connection that there is goes on: without Sentinels the master is still the master.
            if (!_isBlind) Log.SentinelsSilent(_logger, _options.RedisName, trouble.Message);
            _isBlind = true;
        }
    }
}
