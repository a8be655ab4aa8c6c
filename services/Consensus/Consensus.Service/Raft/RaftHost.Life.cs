using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Storage;

namespace Holdfast.Consensus.Service.Raft;

/// <content>How the parts begin and end, together.</content>
public sealed partial class RaftHost
{
    // A flush that the kernel does not end within this will hardly ever end.
    private static readonly TimeSpan DiskPatience = TimeSpan.FromSeconds(10);

    // Ends whether the start succeeded or not. Null before it.
    private Task? _starting;

    private bool _hasFailed;

    private async Task StartOnceAsync()
    {
        if (Options is { IsRestored: true, Join: false } && NewLife.IsEmpty(Options.DataDirectory))
        {
            throw new InvalidDataException(
                $"The data directory '{Options.DataDirectory}' is empty, and Consensus:Generation says that the " +
                "group was restored from a backup: let it join under another name; restore it only if no voter of " +
                "this generation has ever started, for else it would vote again in terms in which it voted.");
        }

        var store = FileLogStore.Open(
            Options.DataDirectory,
            $"{Options.Group}/{Options.Node}",
            Options.SegmentBytesMax,
            Options.CorruptionPolicy);
        try
        {
            // Known before it does anything, so that a part that fails at once has something to stop.
            _running = Build(store);
        }
        catch
        {
            store.Dispose();
            throw;
        }

        try
        {
            Begin(_running);
        }
        catch
        {
            await StopAsync(_running);
            _running = null;
            throw;
        }
    }

    private void Begin(Running parts)
    {
        var node = parts.Node;
        CompareWithSettings(node.Members);
        parts.Transport.Start(node.Members, node.IsRecovering);
        parts.Writer.Start();
        parts.Applier.Start();
        Log.Started(_logger, Options.Node, node.Term, node.LastIndex, Options.DataDirectory);

        // The last act: it takes the first turn.
        parts.Loop.Begin(new RaftEffects(
            parts.Transport.Send,
            parts.Transport.Flush,
            parts.Writer.Enqueue,
            parts.Applier.Enqueue,
            errand =>
            {
                parts.Writer.Begin(errand);
                parts.Applier.Begin(errand);
            },
            parts.Snapshots.Read,
            parts.Transport.Follow,
            Fail));
    }

    /// <summary>Going on would risk what was acknowledged: stop all parts, and say why.</summary>
    private void Fail(Exception failure)
    {
        if (Completion.IsCompleted || Interlocked.Exchange(ref _hasFailed, true)) return;

        // Said first: on completion the process ends, and its log with it.
        Log.Failed(_logger, Options.Node, failure);
        _completion.TrySetException(failure);
        _ = StopAsync(CancellationToken.None);
    }

    private async Task StopOnceAsync()
    {
        if (_starting is { } starting) await starting;
        if (!_completion.Task.IsFaulted) await StepAsideAsync();
        await _stopping.CancelAsync();
        if (_running is { } running) await StopAsync(running);
        _completion.TrySetResult();
    }

    /// <summary>Each part, whatever becomes of the others.</summary>
    private async Task StopAsync(Running parts)
    {
        await StopPartAsync(parts.Loop.StopAsync);
        await StopPartAsync(() => parts.Transport.DisposeAsync().AsTask());
        var isWritten = parts.Writer.Stop(DiskPatience);
        await StopPartAsync(parts.Applier.StopAsync);
        if (isWritten) await StopPartAsync(parts.Snapshots.StopAsync);
        await StopPartAsync(parts.Loop.Close);
        await StopPartAsync(parts.Loop.Dispose);

        // Who still writes must be alone with the directory: nobody may take it before the process ends.
        if (isWritten) await StopPartAsync(parts.Store.Dispose);
        else Log.DiskAbandoned(_logger, Options.Node, DiskPatience);
        await StopPartAsync(parts.Telemetry.Dispose);
    }

    private Task StopPartAsync(Action stop) => StopPartAsync(() =>
    {
        stop();
        return Task.CompletedTask;
    });

    private async Task StopPartAsync(Func<Task> stop)
    {
        try
        {
            await stop();
        }
        catch (Exception fault)
        {
            Log.PartFailed(_logger, Options.Node, fault);
            _completion.TrySetException(fault);
        }
    }

    private sealed record Running(
        RaftNode Node,
        RaftLoop Loop,
        RaftTransport Transport,
        LogWriter Writer,
        Applier Applier,
        Snapshots Snapshots,
        ILogStore Store,
        RaftTelemetry Telemetry);
}
