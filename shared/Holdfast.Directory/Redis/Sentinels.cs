namespace Holdfast.Directory.Redis;

/// <summary>
/// All Sentinels of a master, asked side by side. One that was cut off with an old master goes on naming it, so the
/// answer of the latest switch counts, not the first one.
/// </summary>
internal sealed class Sentinels(DirectoryOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly SentinelConnection[] _connections =
        [.. options.Sentinels!.Split(',').Select(endpoint => new SentinelConnection(endpoint.Trim(), options))];

    private readonly SemaphoreSlim _asking = new(1);

    /// <summary>Where the master is, <c>host:port</c>.</summary>
    /// <exception cref="SentinelException">None could say.</exception>
    public async Task<string> MasterAsync(CancellationToken cancel)
    {
        await _asking.WaitAsync(cancel);
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
            var asked = await Task.WhenAll(_connections.Select(one => TryAskAsync(one, either.Token)));
            cancel.ThrowIfCancellationRequested();
            var newest = asked.Select(one => one.Answer).OfType<SentinelAnswer>().MaxBy(answer => answer.Epoch);
            return newest?.Address ??
                throw new SentinelException(string.Join(" Sentinel ", asked.Select(one => one.Trouble)));
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
        _asking.Dispose();
    }

    private static async Task<(SentinelAnswer? Answer, string Trouble)> TryAskAsync(
        SentinelConnection one, CancellationToken cancel)
    {
        try
        {
            return (await one.AskAsync(cancel), "");
        }
        catch (SentinelException trouble)
        {
            return (null, trouble.Why);
        }
    }
}
