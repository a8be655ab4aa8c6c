namespace Holdfast.Client;

/// <summary>
/// A stretch of a session's lease without a lapse. What was won in one does not outlive it, even where a later
/// keep-alive brings the lease back, for instance after the machine slept: a new stretch has begun then.
/// </summary>
internal sealed class Tenure : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private bool _over;

    public Tenure() => Ended = _ended.Token;

    /// <summary>Cancelled when the lapse is known, or the session closed or lost.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Ends it; any number of times.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _over, true)) return;
        _ended.Cancel();
        _ended.Dispose();
    }
}
