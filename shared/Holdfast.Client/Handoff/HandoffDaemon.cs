using System.Diagnostics;
using Holdfast.Handoff.Wire;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Handoff;

/// <summary>Why a daemon's process is to end.</summary>
/// <param name="ExitCode">What it should exit with.</param>
/// <param name="Reason">In words.</param>
public sealed record DaemonEnd(int ExitCode, string Reason)
{
    /// <summary>Another process serves: all is well.</summary>
    public const int Replaced = 0;

    /// <summary>Try again later (EX_TEMPFAIL): this process cannot serve, another may.</summary>
    public const int TryLater = 75;

    /// <summary>A failure in the daemon itself (EX_SOFTWARE).</summary>
    public const int Failed = 70;
}

/// <summary>
/// Makes a program a daemon that can be handed to another build: started cold it takes the lock, raises the fence,
/// opens the data and serves; started as a successor it does so when its turn comes; and while it serves it gives its
/// work away when a supervisor asks. The program brings its data and its connections and ends when
/// <see cref="Ended"/> says so.
/// </summary>
public sealed class HandoffDaemon : IAsyncDisposable
{
    private static readonly TimeSpan ColdLockWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(25);

    private readonly HandoffDaemonOptions _options;
    private readonly HandoffEnvironment _environment;
    private readonly IDaemonConnections _connections;
    private readonly ILogger _logger;
    private readonly DaemonState _state;
    private readonly ProcessIdentity _self;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<DaemonEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private int _disposed;

    /// <param name="options">Where the data is, and where a supervisor finds it.</param>
    /// <param name="environment">What the supervisor gave this process.</param>
    /// <param name="data">The program's data.</param>
    /// <param name="connections">Its connections.</param>
    /// <param name="fence">Where its epoch comes from; absent: it writes nothing that is fenced.</param>
    /// <param name="logger">Hears of each step.</param>
    public HandoffDaemon(
        HandoffDaemonOptions options,
        HandoffEnvironment environment,
        IDaemonData data,
        IDaemonConnections connections,
        IDaemonFence? fence,
        ILogger logger)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        (_options, _environment, _connections, _logger) = (options, environment, connections, logger);
        _state = new DaemonState(options, data, fence, logger);
        _self = new ProcessIdentity((uint)Environment.ProcessId, environment.Build);
    }

    /// <summary>The build that runs.</summary>
    public BuildId Build => _environment.Build;

    /// <summary>The epoch under which it writes.</summary>
    public Epoch Epoch => _state.Epoch;

    /// <summary>Completes when the process should end, and never by a failure.</summary>
    public Task<DaemonEnd> Ended => _ended.Task;

    /// <summary>
    /// Begins. Started cold: the data is open when this returns. As a successor: the supervisor is greeted when the
    /// server is up, and the data is opened when the incumbent has sealed it.
    /// </summary>
    /// <exception cref="DataDirectoryHeldException">Another process serves from the data directory.</exception>
    /// <exception cref="FenceUnreachableException">Nobody knows the epoch.</exception>
    /// <exception cref="HandoffEnvironmentException">The supervisor's connection is none.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        HandoffStream? supervisor = null;
        if (_environment is { Role: HandoffRole.Successor, Control: { } descriptor })
        {
            supervisor = HandoffStream.Inherited(descriptor);
        }
        else
        {
            await TakeColdLockAsync(cancel);
            await _state.OpenColdAsync(cancel);
        }

        _running = Task.Run(() => RunAsync(supervisor), CancellationToken.None);
    }

    /// <summary>Stops taking part, closes the data and releases the lock.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _stopping.CancelAsync();
        await _running;
        await _state.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task TakeColdLockAsync(CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        while (!_state.TryLock(out var holder))
        {
            if (Stopwatch.GetElapsedTime(since) >= ColdLockWait)
                throw new DataDirectoryHeldException(_options.DataDirectory, holder);
            await Task.Delay(LockRetry, cancel);
        }
    }

    private async Task RunAsync(HandoffStream? supervisor)
    {
        try
        {
            _ended.TrySetResult(await ServeAsync(supervisor));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            _ended.TrySetResult(new DaemonEnd(DaemonEnd.Replaced, "stopped"));
        }
        catch (Exception e)
        {
            // Told to the host, which ends the process with it: a daemon that goes on without this is handed to nobody.
            Log.HandoffPartFailed(_logger, "daemon", e);
            _ended.TrySetResult(new DaemonEnd(DaemonEnd.Failed, e.Message));
        }
    }

    private async Task<DaemonEnd> ServeAsync(HandoffStream? supervisor)
    {
        await _connections.Up.WaitAsync(_stopping.Token);
        if (supervisor is null)
        {
            _connections.Accept();
        }
        else
        {
            // Greeted only now, with the server up and the way to Ready gone once: from the greeting on the incumbent
            // drains, and every moment of a start would be one in which nobody serves.
            await _connections.IsHealthyAsync(_stopping.Token);
            var successor = new SuccessorRun(
                new SuccessorCore(_self, _options.Timings), supervisor, _state, _connections, _logger);
            if (await successor.RunAsync(_stopping.Token) is { } why) return new DaemonEnd(DaemonEnd.TryLater, why);
        }

        await using var incumbent = new IncumbentRun(
            new IncumbentCore(_self, _options.Timings, _state.IsFenced),
            _state,
            _connections,
            _options.ControlPath,
            _logger);
        return await incumbent.RunAsync(_stopping.Token) switch
        {
            IncumbentEnd.Committed => new DaemonEnd(DaemonEnd.Replaced, "handed over"),
            IncumbentEnd.Replaced => new DaemonEnd(DaemonEnd.Replaced, "another process took over"),
            _ => new DaemonEnd(DaemonEnd.TryLater, "it could not serve again"),
        };
    }
}
