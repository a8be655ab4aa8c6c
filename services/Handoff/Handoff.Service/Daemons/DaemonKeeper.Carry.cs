using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Service.Fencing;
using Holdfast.Handoff.Service.Links;
using Holdfast.Handoff.Service.Processes;
using Holdfast.Handoff.Wire;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service.Daemons;

/// <summary>What the core wants done, and how it hears what came of it.</summary>
internal sealed partial class DaemonKeeper
{
    private void Carry(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.Spawn spawn:
                Spawn(spawn);
                break;
            case SupervisorEffect.End end:
                End(end);
                break;
            case SupervisorEffect.Connect:
                _ = Open(Peer.Incumbent).ConnectAsync(Path.GetFullPath(_daemon.ControlPath));
                break;
            case SupervisorEffect.Send send:
                _links.GetValueOrDefault(send.To)?.Send(send.Message);
                break;
            case SupervisorEffect.Close close:
                if (_links.Remove(close.Link, out var link)) link.Close();
                break;
            case SupervisorEffect.Probe:
                _ = ProbeAsync();
                break;
            case SupervisorEffect.RaiseEpoch raise:
                _ = RaiseEpochAsync(raise.Question);
                break;
            case SupervisorEffect.Announce announce:
                _parts.Ledger.Note(Name, announce.Notice);
                Tell(announce.Notice);
                break;
            case SupervisorEffect.Note note:
                Log.Noted(_logger, Name.Value, note.What);
                break;
            default:
                CarryToAgent(effect);
                break;
        }
    }

    private void CarryToAgent(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.PlanSilence plan:
                _ = PlanSilenceAsync(plan.For);
                break;
            case SupervisorEffect.EndSilence:
                _ = _reporter.PlanSilenceAsync(TimeSpan.Zero, _stopping);
                break;
            case SupervisorEffect.Watch watch:
                Log.IsDaemon(_logger, Name.Value, watch.Process.Pid, watch.Process.Build.Value);
                _ = _reporter.WatchAsync(watch.Process, _stopping);
                break;
            case SupervisorEffect.Forget:
                _forgetting = ForgetAsync();
                break;
            default:
                throw new InvariantViolatedException($"{effect} has nobody to carry it out.");
        }
    }

    private void Tell(HandoffNotice notice)
    {
        if (!notice.IsEvent) return;
        var course = notice.Course;
        switch (notice.Outcome)
        {
            case HandoffOutcome.Running:
                Log.Started(
                    _logger, Name.Value, $"{course.Id}", course.Incumbent.Pid, course.Successor!.Pid,
                    course.SuccessorBuild.Value);
                break;
            case HandoffOutcome.Committed:
                Log.Committed(
                    _logger, Name.Value, $"{course.Id}", course.Successor!.Pid, course.Pause?.TotalMilliseconds ?? 0);
                break;
            default:
                Log.Aborted(_logger, Name.Value, $"{course.Id}", $"{course.LastStep}", course.Reason ?? "");
                break;
        }
    }

    private void Spawn(SupervisorEffect.Spawn spawn)
    {
        LaunchedProcess launched;
        try
        {
            launched = _launcher.Launch(spawn.Role, spawn.Build);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotLaunched(_logger, Name.Value, spawn.Build.Value, failure.Message);
            Post(new SupervisorInput.SpawnFailed(spawn.Role, failure.Message));
            return;
        }

        var process = launched.Process;
        _processes[process.Identity] = process;
        Log.Launched(_logger, Name.Value, process.Identity.Pid, spawn.Build.Value, $"{spawn.Role}");
        Post(new SupervisorInput.Spawned(spawn.Role, process.Identity));
        _ = TellExitAsync(process);
        if (launched.Link is { } end) _ = Open(Peer.Successor).RunAsync(end);
    }

    /// <summary>
    /// The process that serves the control path although no journal names it: the last supervisor ended between its
    /// start and the record of it.
    /// </summary>
    private async Task<RunningProcess?> FindAsync(BuildName build, CancellationToken cancel)
    {
        var hello = await ControlPathProbe.AskAsync(_daemon.ControlPath, cancel);
        if (hello is not { Role: HandoffRole.Incumbent } || LocalProcess.Find((int)hello.Pid) is not { } found)
            return null;
        var named = hello.Build.ToString();
        if (BuildName.IsLegal(named) && _launcher.Has(new BuildName(named))) build = new BuildName(named);
        return Hold(new DaemonProcess(found.Pid, found.StartedAt, build));
    }

    private RunningProcess? Hold(DaemonProcess? identity)
    {
        if (identity is null || RunningProcess.Of(identity) is not { } process) return null;
        _processes[identity] = process;
        _ = TellExitAsync(process);
        return process;
    }

    private async Task TellExitAsync(RunningProcess process)
    {
        var code = await process.Exit;
        Post(new SupervisorInput.Exited(process.Identity, code));
    }

    private void End(SupervisorEffect.End end)
    {
        if (!_processes.TryGetValue(end.Process, out var process)) return;
        process.Signal(end.Kill ? NativeCalls.SignalKill : NativeCalls.SignalTerminate);
    }

    private PeerLink Open(Peer peer)
    {
        if (_links.Remove(peer, out var old)) old.Close();
        var link = new PeerLink(peer, (from, input) => Post(new Letter(input, from)));
        _links[peer] = link;
        return link;
    }

    private async Task ProbeAsync() =>
        Post(new SupervisorInput.Probed((int?)(await ControlPathProbe.AskAsync(_daemon.ControlPath, _stopping))?.Pid));

    private async Task StoreAsync(DaemonJournal journal)
    {
        try
        {
            await Task.Run(() => _journal.Write(journal));
            Post(new SupervisorInput.Stored());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Post(new SupervisorInput.StoreFailed(failure.Message));
        }
    }

    private async Task PlanSilenceAsync(TimeSpan span)
    {
        try
        {
            Post(new SupervisorInput.SilencePlanned(await _reporter.PlanSilenceAsync(span, _stopping)));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
    }

    // Not called off with the loop: the agent would take the end of the daemon for a death. The call has a deadline.
    private async Task ForgetAsync()
    {
        var isTold = _reporter.ForgetAsync(CancellationToken.None);
        await isTold.WaitAsync(_parts.Options.AgentDeadline * 2).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Post(new SupervisorInput.Forgotten());
    }

    private async Task RaiseEpochAsync(int question)
    {
        // Answered before the core stops waiting, so that it hears of an older epoch to go on with.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        patience.CancelAfter(_parts.Options.HelloTimeout / 2);
        try
        {
            if (_parts.Epochs is not { } epochs)
                throw new EpochUnavailableException("no directory is configured", null);
            var epoch = await epochs.RaiseAsync(Name, patience.Token);
            _epoch = $"{epoch}";
            Post(new SupervisorInput.EpochRaised(question, epoch));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure)
        {
            // Whatever it was, somebody waits for an answer, and an epoch not known to be raised is not raised.
            Log.EpochNotRaised(_logger, Name.Value, failure.Message);
            Post(new SupervisorInput.EpochFailed(question, failure.Message, ReadEpoch() is not null));
        }
    }

    private Epoch? ReadEpoch()
    {
        try
        {
            return DaemonEpochs.Read(_parts.Options, Name);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            Log.EpochNotRaised(_logger, Name.Value, unreadable.Message);
            return null;
        }
    }
}
