using System.Diagnostics;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>The starts and stops that are under way.</summary>
public sealed partial class SlotHost
{
    private const int DetailLengthMax = 256;

    // Under the gate. Invariant: a slot that may run has a life.
    private readonly Dictionary<SlotId, SlotLife> _lives = [];
    private readonly HashSet<Task> _underWay = [];

    private static string Shortened(string text) => text.Length <= DetailLengthMax ? text : text[..DetailLengthMax];

    private void BeginLocked(SlotAct act)
    {
        Task task;
        if (act is SlotAct.Start)
        {
            var life = new SlotLife(new SlotRun(act.Slot, act.Kind, act.Epoch, (run, detail) => Fail(run, detail)));
            _lives[act.Slot] = life;
            task = life.Started = Task.Run(() => StartAsync(life, act), CancellationToken.None);
        }
        else
        {
            var life = _lives[act.Slot];
            task = Task.Run(() => StopAsync(life, act), CancellationToken.None);
        }

        _underWay.Add(task);
        _ = task.ContinueWith(Done, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        void Done(Task done)
        {
            lock (_gate) _underWay.Remove(done);
        }
    }

    private async Task StartAsync(SlotLife life, SlotAct act)
    {
        using var activity = Telemetry.StartSlot("start", act);
        try
        {
            await _program.StartAsync(life.Run, life.Stopping.Token);
            Note(life.Run, HostedSlot.Up, _book.Started);
        }
        catch (OperationCanceledException) when (life.Stopping.IsCancellationRequested)
        {
            activity?.SetTag("holdfast.slot.cancelled", true);
        }
        catch (Exception failure)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            Fail(life.Run, failure.Message);
        }
    }

    private async Task StopAsync(SlotLife life, SlotAct act)
    {
        using var activity = Telemetry.StartSlot("stop", act);
        await life.Stopping.CancelAsync();
        await life.Started;
        using var deadline = new CancellationTokenSource(_options.StopDeadline, _time);
        try
        {
            await _program.StopAsync(life.Run, deadline.Token);
            Note(life.Run, HostedSlot.Stopped, _book.Stopped);
        }
        catch (Exception failure)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            Log.SlotNotStopped(_logger, act.Slot.ToString(), act.Epoch.ToString(), failure);
            lock (_gate) _book.StopFailed(act.Slot, act.Epoch, Shortened(failure.Message));
        }
    }

    private void Fail(SlotRun run, string detail) =>
        Note(run, HostedSlot.Failed, (slot, epoch) => _book.Failed(slot, epoch, Shortened(detail)), detail);

    private void Note(SlotRun run, string state, Func<SlotId, Epoch, bool> change, string detail = "")
    {
        lock (_gate)
        {
            if (!change(run.Slot, run.Epoch)) return;
            if (state != HostedSlot.Up) _lives.Remove(run.Slot);
            _nudged.TrySetResult();
        }

        Telemetry.SlotChanged(state);
        Log.SlotChanged(_logger, run.Slot.ToString(), run.Epoch.ToString(), state, detail);
    }

    private async Task StopAllAsync(bool isLost)
    {
        Task[] underWay;
        lock (_gate)
        {
            foreach (var act in _book.StopAll()) BeginLocked(act);
            underWay = [.. _underWay];
        }

        if (isLost && underWay.Length > 0) Log.SlotSessionLost(_logger, underWay.Length);
        try
        {
            await Task.WhenAll(underWay).WaitAsync(_options.StopDeadline, _time);
        }
        catch (TimeoutException)
        {
            lock (_gate) Log.SlotsStillRun(_logger, _book.Active, _options.StopDeadline);
        }
    }

    /// <summary>A run and what is under way for it.</summary>
    private sealed class SlotLife(SlotRun run)
    {
        public SlotRun Run { get; } = run;

        /// <summary>Cancelled when it is to stop before it runs.</summary>
        public CancellationTokenSource Stopping { get; } = new();

        public Task Started { get; set; } = Task.CompletedTask;
    }
}
