using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// The book of what is held behind a lock, and the program's calls that follow from it. What the directory said goes in
/// here; whoever waits for a grain to be served or lost waits here.
/// </summary>
internal sealed class KeptGrains : IAsyncDisposable
{
    private static readonly TimeSpan LoadPauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LoadPauseMax = TimeSpan.FromSeconds(10);

    private readonly IGrainProgram _program;
    private readonly GrainKeeperOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Backoff _loadPause;
    private readonly GrainTurns _turns;
    private readonly CancellationTokenSource _disposing = new();
    private readonly Lock _gate = new();
    private readonly HoldingBook _book = new();

    // Invariant: cancelled and taken out when the load it is for is not wanted any more.
    private readonly Dictionary<GrainId, CancellationTokenSource> _loading = [];
    private readonly Dictionary<GrainId, TaskCompletionSource<bool>> _settling = [];
    private int _isDisposed;

    public KeptGrains(
        IGrainProgram program, GrainKeeperOptions options, ILogger logger, TimeProvider time, Random random)
    {
        (_program, _options, _logger, _time) = (program, options, logger, time);
        _loadPause = new Backoff(LoadPauseMin, LoadPauseMax, random);
        _turns = new GrainTurns(options.GrainsAtOnceMax);
    }

    public int Count
    {
        get
        {
            lock (_gate) return _book.Count;
        }
    }

    /// <summary>Whether the program serves a grain now.</summary>
    public bool TryServe(GrainId grain, SessionId? leased, out Epoch epoch)
    {
        lock (_gate) return _book.TryServe(grain, leased, out epoch);
    }

    /// <summary>Looks at the book, or changes it in a way that the program is not told of.</summary>
    public T Read<T>(Func<HoldingBook, T> look)
    {
        lock (_gate) return look(_book);
    }

    /// <summary>Changes the book where nothing follows from it.</summary>
    public void Change(Action<HoldingBook> change)
    {
        lock (_gate) change(_book);
    }

    /// <summary>Changes the book and begins what follows from it.</summary>
    public void Change(Func<HoldingBook, IReadOnlyList<HoldingAct>> change)
    {
        lock (_gate)
        {
            foreach (var act in change(_book)) BeginLocked(act);
        }
    }

    /// <summary>Has grains claimed again.</summary>
    public void Doubt(IEnumerable<GrainId> grains)
    {
        lock (_gate)
        {
            foreach (var grain in grains) _book.Doubt(grain);
        }
    }

    /// <summary>
    /// True once a grain is served, false once it is not held; cancelled where it is neither and nothing is loaded or
    /// claimed any more.
    /// </summary>
    public Task<bool> WhenSettledAsync(GrainId grain)
    {
        lock (_gate)
        {
            if (_book.Find(grain) is not { } holding) return Task.FromResult(false);
            if (holding.State == HoldingState.Serving) return Task.FromResult(true);
            if (_disposing.IsCancellationRequested) return Task.FromCanceled<bool>(new CancellationToken(true));
            if (_settling.TryGetValue(grain, out var waiting)) return waiting.Task;
            waiting = new TaskCompletionSource<bool>();
            _settling.Add(grain, waiting);
            return waiting.Task;
        }
    }

    /// <summary>
    /// Has the program drain a grain. False where it cannot, and keeps it; null where it is not served.
    /// </summary>
    public async Task<bool?> DrainAsync(GrainId grain, ClusterId? to)
    {
        if (Read(book => book.Drain(grain, to)) is not { } draining) return null;
        var isDrained = false;
        await _turns.TakeAsync(grain, async () => isDrained = await TryDrainAsync(draining.Held));

        // It may have been claimed under a newer epoch meanwhile.
        if (!isDrained) Change(book => book.KeepDrained(grain));
        return isDrained;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        await _disposing.CancelAsync();
        await _turns.WhenOverAsync();
        lock (_gate)
        {
            foreach (var waiting in _settling.Values) waiting.TrySetCanceled(CancellationToken.None);
            _settling.Clear();
        }

        _turns.Dispose();
        _disposing.Dispose();
    }

    private void BeginLocked(HoldingAct act)
    {
        if (_loading.Remove(act.Grain, out var unwanted)) Aside.Run(unwanted.Cancel);
        if (_disposing.IsCancellationRequested) return;
        if (act is HoldingAct.Load { Held: var held })
        {
            var wanted = CancellationTokenSource.CreateLinkedTokenSource(_disposing.Token);
            _loading.Add(held.Grain, wanted);
            _ = LoadAsync(held, wanted);
        }
        else if (act is HoldingAct.Tell { Loss: var loss })
        {
            Telemetry.GrainLost(loss.Cause);
            Log.GrainLost(_logger, loss.Grain.ToString(), loss.Epoch.ToString(), loss.Cause);
            _ = _turns.TakeAsync(loss.Grain, () => TellAsync(loss));
            SettleLocked(loss.Grain, isServed: false);
        }
        else if (act is HoldingAct.Resume)
        {
            SettleLocked(act.Grain, isServed: true);
        }
    }

    private void SettleLocked(GrainId grain, bool isServed)
    {
        if (_settling.Remove(grain, out var waiting)) Aside.Run(() => waiting.TrySetResult(isServed));
    }

    /// <summary>Tries until it is loaded or not wanted; pauses take no place from other grains.</summary>
    private async Task LoadAsync(HeldGrain held, CancellationTokenSource wanted)
    {
        for (var failures = 1; ; failures++)
        {
            var isOver = false;
            await _turns.TakeAsync(held.Grain, async () => isOver = await TryLoadAsync(held, wanted.Token));
            if (isOver) break;
            await Task.Delay(_loadPause.After(failures), _time, wanted.Token)
                .ConfigureAwait(Aside.Quietly);
            if (wanted.IsCancellationRequested) break;
        }

        lock (_gate)
        {
            if (_loading.GetValueOrDefault(held.Grain) == wanted) _loading.Remove(held.Grain);
            if (!wanted.IsCancellationRequested && _book.Loaded(held.Grain, held.Epoch))
                SettleLocked(held.Grain, isServed: true);
        }

        wanted.Dispose();
    }

    private async Task<bool> TryLoadAsync(HeldGrain held, CancellationToken wanted)
    {
        if (wanted.IsCancellationRequested) return true;
        try
        {
            await _program.LoadAsync(held, wanted);
            return true;
        }
        catch (Exception failure)
        {
            if (wanted.IsCancellationRequested) return true;
            Telemetry.GrainCallFailed("load", failure);
            Log.GrainNotLoaded(_logger, held.Grain.ToString(), held.Epoch.ToString(), failure);
            return false;
        }
    }

    private async Task TellAsync(GrainLoss loss)
    {
        try
        {
            await _program.LostAsync(loss, _disposing.Token);
        }
        catch (Exception failure)
        {
            Telemetry.GrainCallFailed("lost", failure);
            Log.GrainLossUnheard(_logger, loss.Grain.ToString(), failure);
        }
    }

    private async Task<bool> TryDrainAsync(HeldGrain held)
    {
        using var deadline = new CancellationTokenSource(_options.DrainDeadline, _time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _disposing.Token);
        try
        {
            // One that does not heed its token must not hold up the others that are drained with it.
            await _program.DrainAsync(held, cancel.Token).WaitAsync(cancel.Token);
            return !cancel.IsCancellationRequested;
        }
        catch (Exception failure)
        {
            Telemetry.GrainCallFailed("drain", failure);
            Log.GrainNotDrained(_logger, held.Grain.ToString(), failure);
            return false;
        }
    }
}
