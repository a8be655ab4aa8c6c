using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Client;

/// <summary>
/// Hosts slots of groups: tells Recovery again and again what it has, and starts and stops what Recovery orders. It
/// works with the bus gone; a nudge only makes it sync at once. Slots run as long as the session under which they are
/// told: when that is lost for good, the host stops them, since Recovery may give them to another node then. A lease
/// that merely lapses stops nothing: nobody is given anything meanwhile, and the epochs guard what is written.
/// </summary>
public sealed partial class SlotHost : IDisposable
{
    private readonly SlotHostOptions _options;
    private readonly ISlotProgram _program;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly RecoveryClient _recovery;
    private readonly SlotBook _book;
    private readonly Lock _gate = new();
    private TaskCompletionSource _nudged = NewSignal();
    private ulong _sequence;
    private bool _isSynced = true;
    private int _running;

    /// <summary>Sends nothing before <see cref="RunAsync"/>.</summary>
    /// <param name="options">Where Recovery is, and how much the host takes.</param>
    /// <param name="program">Starts and stops.</param>
    /// <param name="logger">Absent: nothing is logged.</param>
    /// <param name="handler">Replaces the network; the caller disposes it.</param>
    /// <param name="time">The clock of the pauses; absent: the system's.</param>
    /// <exception cref="ArgumentException">The options have a problem; the message lists all.</exception>
    public SlotHost(
        SlotHostOptions options,
        ISlotProgram program,
        ILogger<SlotHost>? logger = null,
        HttpMessageHandler? handler = null,
        TimeProvider? time = null)
    {
        _recovery = new RecoveryClient(options, handler);
        _options = options;
        _program = program;
        _logger = logger ?? NullLogger<SlotHost>.Instance;
        _time = time ?? TimeProvider.System;
        _book = new SlotBook(options.Capacity);
    }

    /// <summary>Everything it has, as Recovery is told it.</summary>
    public IReadOnlyList<HostedSlot> Slots
    {
        get
        {
            lock (_gate) return _book.Peek();
        }
    }

    /// <summary>Syncs at once instead of after the interval.</summary>
    public void Nudge()
    {
        lock (_gate) _nudged.TrySetResult();
    }

    /// <summary>
    /// Hosts until the session is lost or <paramref name="cancel"/>, then stops what runs, and returns. Of a program
    /// that ends in order Recovery hears so at once. May be called again with another session; not twice at once.
    /// </summary>
    /// <param name="session">A session that names its node.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(HoldfastSession session, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session is not { Node: { } node, Generation: { } generation })
            throw new ArgumentException("A host of slots needs a session that names its node.", nameof(session));
        if (Interlocked.Exchange(ref _running, 1) == 1)
            throw new InvalidOperationException("This host runs under another session already.");
        var self = new SlotHostIdentity(session.Id, session.Cluster, node, generation);
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel, session.Lost);
            while (!over.IsCancellationRequested)
            {
                var signal = TakeSignal();
                if (await TrySyncAsync(self, _options.Capacity, over.Token) is { } answer) Follow(answer);
                await WaitAsync(signal, over.Token);
            }

            await StopAllAsync(session.Lost.IsCancellationRequested);
            if (!session.Lost.IsCancellationRequested) await SayGoodbyeAsync(self);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _recovery.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The signal that ends the next pause; what was signalled before is in the sync before it.</summary>
    private Task TakeSignal()
    {
        lock (_gate)
        {
            if (_nudged.Task.IsCompleted) _nudged = NewSignal();
            return _nudged.Task;
        }
    }

    private async Task WaitAsync(Task signal, CancellationToken over)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(over);
        await Task.WhenAny(signal, Task.Delay(_options.Interval, _time, ended.Token));
        await ended.CancelAsync();
    }

    /// <summary>
    /// One sync; null where there was none. Whatever goes wrong is counted, and the next one is tried: a loop that
    /// ended here would leave slots running that nobody hears of.
    /// </summary>
    private async Task<SlotHostAnswer?> TrySyncAsync(SlotHostIdentity self, int capacity, CancellationToken cancel)
    {
        SlotHostSync sync;
        lock (_gate) sync = self.Sync(++_sequence, capacity, _book.Report());
        try
        {
            var outcome = await _recovery.SyncAsync(self.Node, sync, cancel);
            if (outcome.TryGet(out var answer, out var refusal))
            {
                if (!_isSynced) Log.SlotsSynced(_logger);
                _isSynced = true;
                return answer;
            }

            Unsynced(refusal.Code, refusal.Detail);
        }
        catch (RecoveryUnavailableException unavailable)
        {
            Unsynced("unavailable", unavailable.Message);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            Unsynced(failure.GetType().Name, failure.Message);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        return null;
    }

    private void Unsynced(string why, string detail)
    {
        Telemetry.SlotsUnsynced(why);
        if (_isSynced) Log.SlotsNotSynced(_logger, why, detail);
        _isSynced = false;
    }

    private void Follow(SlotHostAnswer answer)
    {
        lock (_gate)
        {
            var outcome = _book.Take(answer);
            foreach (var refused in outcome.Refused)
            {
                Telemetry.SlotOrdersRefused.Add(1);
                Log.SlotOrderRefused(_logger, refused);
            }

            foreach (var act in outcome.Acts) BeginLocked(act);
        }
    }

    /// <summary>Says that nothing runs any more; whatever Recovery answers, nothing is started.</summary>
    private async Task SayGoodbyeAsync(SlotHostIdentity self)
    {
        using var deadline = new CancellationTokenSource(_options.Deadline, _time);
        await TrySyncAsync(self, capacity: 0, deadline.Token);
    }
}

/// <summary>Who a host is in its syncs.</summary>
internal sealed record SlotHostIdentity(SessionId Session, ClusterId Cluster, NodeId Node, Generation Generation)
{
    public SlotHostSync Sync(ulong sequence, int capacity, IReadOnlyList<HostedSlot> running) => new()
    {
        Session = Session.ToString(),
        Sequence = sequence,
        Cluster = Cluster.Value,
        Generation = Generation.Value,
        Capacity = capacity,
        Running = running,
    };
}
