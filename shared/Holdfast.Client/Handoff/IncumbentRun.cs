using System.Threading.Channels;
using Holdfast.Handoff.Wire;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Handoff;

/// <summary>
/// The shell of <see cref="IncumbentCore"/>: one loop that carries out what the core says. What takes time is started
/// and comes back as an input.
/// </summary>
internal sealed partial class IncumbentRun : IAsyncDisposable
{
    private const int MailboxMax = 4_096;
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(25);

    private readonly IncumbentCore _core;
    private readonly DaemonState _state;
    private readonly IDaemonConnections _connections;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Timer _tick;
    private readonly Channel<IncumbentInput> _mailbox = Channel.CreateBounded<IncumbentInput>(
        new BoundedChannelOptions(MailboxMax) { SingleReader = true });

    // What was started and may still be at work, so that nothing outlives the process' end in order.
    private readonly List<Task> _works = [];
    private CancellationTokenSource _drainOff = new();
    private CancellationTokenSource _sealOff = new();
    private Task _draining = Task.CompletedTask;

    public IncumbentRun(
        IncumbentCore core, DaemonState state, IDaemonConnections connections, string? controlPath, ILogger logger)
    {
        (_core, _state, _connections, _logger) = (core, state, connections, logger);
        _tick = new Timer(_ => Post(new IncumbentInput.Tick()));
        _door = controlPath is null ? null : new ControlDoor(controlPath, this);
    }

    /// <summary>Until the process is to end, for the reason it returns.</summary>
    public async Task<IncumbentEnd> RunAsync(CancellationToken stopping)
    {
        _door?.Open();
        while (_core.Phase is not IncumbentPhase.Ended)
        {
            var input = await _mailbox.Reader.ReadAsync(stopping);
            Carry(_core.Step(input, BootClock.Instance.Now()));
            _works.RemoveAll(work => work.IsCompleted);

            // Time matters during a handoff only; in between nothing wakes up.
            if (_core.IsBusy) _tick.Change(TickInterval, Timeout.InfiniteTimeSpan);
        }

        var why = ((IncumbentPhase.Ended)_core.Phase).Why;
        if (_door is not null) _door.Leaves = why is IncumbentEnd.Committed or IncumbentEnd.Replaced;
        return why;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _drainOff.CancelAsync();
        await _sealOff.CancelAsync();
        await _tick.DisposeAsync();
        if (_door is not null) await _door.DisposeAsync();
        await Task.WhenAll(_works);
        await _draining;
        _drainOff.Dispose();
        _sealOff.Dispose();
        _stopping.Dispose();
    }

    private void Post(IncumbentInput input)
    {
        // Full only if the loop hangs; what is a stranger's is dropped then, and ours is bounded far below.
        if (!_mailbox.Writer.TryWrite(input)) Log.HandoffInputDropped(_logger, input.GetType().Name);
    }

    private void Carry(IEnumerable<IncumbentOutput> outputs)
    {
        foreach (var output in outputs)
        {
            switch (output)
            {
                case IncumbentOutput.Send send:
                    _door?.Send(send.Session, send.Message);
                    break;
                case IncumbentOutput.Close close:
                    _door?.Close(close.Session);
                    break;
                case IncumbentOutput.KeepControlPath:
                    _door?.Keep();
                    break;
                case IncumbentOutput.LookForReplacement:
                    if (_door is not null) Work("look", LookAsync, _ => null);
                    break;
                case IncumbentOutput.Note note:
                    Telemetry.HandoffStepped(HandoffRole.Incumbent, note.Step);
                    Log.HandoffStep(_logger, "incumbent", note.Handoff, note.Step, note.Detail);
                    break;
                default:
                    CarryWork(output);
                    break;
            }
        }
    }

    private void CarryWork(IncumbentOutput output)
    {
        switch (output)
        {
            case IncumbentOutput.Drain drain:
                StartDraining(drain.Grace);
                break;
            case IncumbentOutput.Seal seal:
                StartSealing(seal.Handoff);
                break;
            case IncumbentOutput.CancelSeal:
                _sealOff.Cancel();
                break;
            case IncumbentOutput.ReleaseLock:
                _state.Unlock();
                break;
            case IncumbentOutput.TakeLock:
                Post(_state.TryLock(out _) ? new IncumbentInput.LockTaken() : new IncumbentInput.LockRefused());
                break;
            case IncumbentOutput.ReadFence read:
                StartFence(read.Ask, raise: false);
                break;
            case IncumbentOutput.RaiseFence raise:
                StartFence(raise.Ask, raise: true);
                break;
            case IncumbentOutput.Resume:
                Work("resume", ResumeAsync, e => new IncumbentInput.ResumeFailed(e.Message));
                break;
            case IncumbentOutput.End:
                break; // The loop sees it in the phase.
            default:
                throw new InvariantViolatedException($"{output} is not carried out");
        }
    }

    /// <summary>Starts something that ends in one input, its own or that of its failure.</summary>
    private void Work(string what, Func<Task<IncumbentInput?>> work, Func<Exception, IncumbentInput?> failed) =>
        _works.Add(Task.Run(async () =>
        {
            try
            {
                if (await work() is { } done) Post(done);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (FenceUnreachableException e)
            {
                if (failed(e) is { } input) Post(input); // Expected, and asked again: the core tells it once.
            }
            catch (Exception e)
            {
                // The program's own code is called here; whatever it throws is the failure of that step.
                Log.HandoffPartFailed(_logger, what, e);
                if (failed(e) is { } input) Post(input);
            }
        }));

    private static IncumbentInput.SealFailed SealFailed(Exception e) =>
        new(e.Message, (e as SealFailedException)?.PartialState ?? "");

    private void StartDraining(TimeSpan grace)
    {
        _drainOff.Dispose();
        _drainOff = new CancellationTokenSource();
        var off = _drainOff.Token;
        _draining = Task.Run(async () =>
        {
            try
            {
                var report = await _connections.DrainAsync(grace, off);
                Post(new IncumbentInput.Drained((uint)report.OpenConnectionsRemaining, report.AcceptClosed));
            }
            catch (OperationCanceledException) when (off.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.HandoffPartFailed(_logger, "drain", e);
                Post(new IncumbentInput.DrainFailed(e.Message));
            }
        });
    }

    private void StartSealing(HandoffId handoff)
    {
        _sealOff.Dispose();
        _sealOff = new CancellationTokenSource();
        var off = _sealOff.Token;
        Work("seal", () => SealAsync(handoff, off), SealFailed);
    }

    private async Task<IncumbentInput?> SealAsync(HandoffId handoff, CancellationToken off)
    {
        _connections.Hold();
        var progress = new SealProgress(this);
        var done = await _state.SealAsync(handoff, progress, off);
        return new IncumbentInput.Sealed(done.Revisions, done.Fingerprint);
    }

    private void StartFence(int ask, bool raise) => Work(
        "fence",
        async () =>
        {
            await _state.AskFenceAsync(raise, _stopping.Token);
            return new IncumbentInput.FenceKnown(ask);
        },
        e => new IncumbentInput.FenceUnreachable(ask, e.Message));

    private async Task<IncumbentInput?> ResumeAsync()
    {
        await _drainOff.CancelAsync();
        await _draining;
        await _state.ResumeAsync(_stopping.Token);
        _connections.Accept();
        return new IncumbentInput.Resumed();
    }

    private async Task<IncumbentInput?> LookAsync() =>
        await _door!.LookAsync() is { } pid ? new IncumbentInput.Replaced(pid) : null;

    private sealed class SealProgress(IncumbentRun run) : IProgress<SealedShards>
    {
        public void Report(SealedShards value) =>
            run.Post(new IncumbentInput.SealProgressed(value.Sealed, value.Total, value.LastRevision));
    }
}
