using Holdfast.Handoff.Wire;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Handoff;

/// <summary>
/// The data of this process with what goes along: the lock, the epoch, and whether it is sealed. One call at a time.
/// </summary>
internal sealed class DaemonState(
    HandoffDaemonOptions options, IDaemonData data, IDaemonFence? fence, ILogger logger) : IAsyncDisposable
{
    private readonly SemaphoreSlim _calling = new(1);
    private DataDirectoryLock? _lock;
    private bool _isOpen;

    /// <summary>The epoch under which it writes.</summary>
    public Epoch Epoch { get; private set; }

    public bool IsFenced => fence is not null;

    public bool TryLock(out int? holder)
    {
        holder = null;
        _lock ??= DataDirectoryLock.TryTake(options.DataDirectory, out holder);
        return _lock is not null;
    }

    public void Unlock()
    {
        _lock?.Dispose();
        _lock = null;
    }

    /// <summary>A start without a predecessor that hands over.</summary>
    public Task OpenColdAsync(CancellationToken cancel) => CallAsync(
        async () =>
        {
            Epoch = await StartEpochAsync(raise: fence is { IsRaisedByOthers: false }, Epoch.None, cancel);
            await data.OpenAsync(Epoch, cancel);
            _isOpen = true;
        },
        cancel);

    /// <summary>Opens what an incumbent sealed, and compares it with what that wrote down.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public Task<OpenedData> OpenSealedAsync(HandoffId handoff, CancellationToken cancel) => CallAsync(
        async () =>
        {
            var record = SealRecord.Read(options.DataDirectory, handoff);
            var last = Epoch.TryParse(record?.Epoch, out var written) ? written : Epoch.None;
            Epoch = await StartEpochAsync(raise: false, last, cancel);

            // A supervisor that knows of no fences raised none; one that does has decided how to go on.
            if (fence is { IsRaisedByOthers: false } && record is not null && Epoch <= last)
                Epoch = await StartEpochAsync(raise: true, last, cancel);
            var opened = await data.OpenAsync(Epoch, cancel);
            _isOpen = true;
            return record?.Difference(opened) is { } difference
                ? throw new InvalidDataException($"What was opened is not what was sealed: {difference}.")
                : opened;
        },
        cancel);

    public Task<SealedData> SealAsync(HandoffId handoff, IProgress<SealedShards> progress, CancellationToken cancel) =>
        CallAsync(
            async () =>
            {
                _isOpen = false;
                var done = await data.SealAsync(progress, cancel);
                SealRecord.Of(handoff, Epoch, done).Write(options.DataDirectory);
                return done;
            },
            cancel);

    /// <summary>Serves on: opens again what was sealed, or goes on with what is open.</summary>
    public Task ResumeAsync(CancellationToken cancel) => CallAsync(
        async () =>
        {
            Invariant.Holds(_lock is not null);
            if (_isOpen) await data.AdoptAsync(Epoch, cancel);
            else await data.OpenAsync(Epoch, cancel);
            _isOpen = true;
            SealRecord.Remove(options.DataDirectory);
        },
        cancel);

    /// <summary>
    /// Asks the fence, and goes on under the epoch it names where the data is open. One that cannot be raised here is
    /// read all the same: a supervisor may have raised it before it went away, or the next one after, and told nobody.
    /// </summary>
    /// <exception cref="FenceUnreachableException">Not in time, or not raised and so to be asked again.</exception>
    public Task AskFenceAsync(bool raise, CancellationToken cancel) => CallAsync(
        async () =>
        {
            try
            {
                await AdoptAsync(await AskAsync(raise, cancel), cancel);
            }
            catch (FenceUnreachableException) when (raise && fence is { IsRaisedByOthers: true })
            {
                await AdoptAsync(await AskAsync(raise: false, cancel), cancel);
                throw;
            }
        },
        cancel);

    public void ForgetSeal() => SealRecord.Remove(options.DataDirectory);

    public async ValueTask DisposeAsync()
    {
        await _calling.WaitAsync();
        await data.CloseAsync();
        Unlock();
        _calling.Dispose();
    }

    private async Task AdoptAsync(Epoch epoch, CancellationToken cancel)
    {
        if (epoch <= Epoch) return;
        Epoch = epoch;
        if (_isOpen) await data.AdoptAsync(epoch, cancel);
    }

    private async Task<Epoch> StartEpochAsync(bool raise, Epoch otherwise, CancellationToken cancel)
    {
        if (!IsFenced) return Epoch.None;
        try
        {
            return await AskAsync(raise, cancel);
        }
        catch (FenceUnreachableException e) when (options.StartUnfenced)
        {
            Log.StartsUnfenced(logger, e.Message);
            return otherwise;
        }
    }

    private async Task<Epoch> AskAsync(bool raise, CancellationToken cancel)
    {
        Invariant.Holds(fence is not null);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(options.FenceTimeout);
        try
        {
            var asked = raise ? fence.RaiseAsync(deadline.Token) : fence.ReadAsync(deadline.Token);
            return await asked.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new FenceUnreachableException($"The fence did not answer within {options.FenceTimeout}.", e);
        }
    }

    private async Task CallAsync(Func<Task> call, CancellationToken cancel) => await CallAsync(
        async () =>
        {
            await call();
            return true;
        },
        cancel);

    private async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        await _calling.WaitAsync(cancel);
        try
        {
            return await call();
        }
        finally
        {
            _calling.Release();
        }
    }
}
