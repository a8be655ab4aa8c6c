namespace Holdfast.Client.AspNetCore;

/// <summary>
/// Whether connections are accepted. Closed at first; whoever closes it learns when the last accept that was under way
/// is over.
/// </summary>
internal sealed class AcceptGate : IDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _opened = Signal();
    private CancellationTokenSource _closing = new();
    private TaskCompletionSource _quiet = Signal();
    private bool _isOpen;
    private int _accepting;

    public void Open()
    {
        lock (_gate)
        {
            if (_isOpen) return;
            _isOpen = true;
            if (_closing.IsCancellationRequested)
            {
                _closing.Dispose();
                _closing = new CancellationTokenSource();
            }

            _opened.TrySetResult();
        }
    }

    /// <summary>Completes when nothing is being accepted any more.</summary>
    public async Task CloseAsync()
    {
        CancellationTokenSource closing;
        Task quiet;
        lock (_gate)
        {
            if (!_isOpen) return;
            _isOpen = false;
            _opened = Signal();
            _quiet = Signal();
            if (_accepting == 0) _quiet.TrySetResult();
            (closing, quiet) = (_closing, _quiet.Task);
        }

        await closing.CancelAsync();
        await quiet;
    }

    /// <summary>
    /// Runs one accept while the gate is open: waits for that first, and gives the accept a token that closing cancels.
    /// </summary>
    public async Task<T> AcceptAsync<T>(Func<CancellationToken, ValueTask<T>> accept, CancellationToken unbound)
    {
        while (true)
        {
            Task opened;
            lock (_gate) opened = _opened.Task;
            await opened.WaitAsync(unbound);
            if (!TryEnter(out var closing)) continue;
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(closing, unbound);
                return await accept(either.Token);
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                continue;
            }
            finally
            {
                Leave();
            }
        }
    }

    public void Dispose() => _closing.Dispose();

    private bool TryEnter(out CancellationToken closing)
    {
        lock (_gate)
        {
            closing = _closing.Token;
            if (!_isOpen) return false;
            _accepting++;
            return true;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_accepting == 0 && !_isOpen) _quiet.TrySetResult();
        }
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
