using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service.Agent;

/// <summary>
/// Tells the agent about one daemon, one call after the other in the order of the wishes, and says again which process
/// it is and how long it may be silent, since an agent that was restarted knows nothing.
/// </summary>
internal sealed class WorkloadReporter(AgentClient agent, WorkloadName daemon, TimeProvider time)
{
    private readonly Lock _gate = new();
    private DaemonProcess? _process;
    private DateTimeOffset? _silentUntil;
    private Task _last = Task.CompletedTask;

    public Task WatchAsync(DaemonProcess process, CancellationToken cancel) =>
        Then(
            () => agent.WatchAsync(daemon, process.Pid, cancel),
            () => (_process, _silentUntil) = (process, process == _process ? _silentUntil : null));

    public Task ForgetAsync(CancellationToken cancel) =>
        Then(() => agent.ForgetAsync(daemon, cancel), () => (_process, _silentUntil) = (null, null));

    /// <summary>Says how the process ended, where it is the one that is watched; it is not named again then.</summary>
    public Task TellExitAsync(DaemonProcess process, int? code, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (process != _process) return Task.CompletedTask;
        }

        return Then(() => agent.TellExitAsync(daemon, process.Pid, code, cancel), () => _process = null);
    }

    public Task<bool> PlanSilenceAsync(TimeSpan span, CancellationToken cancel) =>
        Then(() => agent.PlanSilenceAsync(daemon, span, cancel), () => _silentUntil = time.GetUtcNow() + span);

    /// <summary>Says it again.</summary>
    public Task RepeatAsync(CancellationToken cancel) => Then(
        async () =>
        {
            DaemonProcess? process;
            TimeSpan? silence;
            lock (_gate) (process, silence) = (_process, _silentUntil - time.GetUtcNow());
            if (process is null) return true;
            return await agent.WatchAsync(daemon, process.Pid, cancel) &&
                (silence is not { } left || left <= TimeSpan.Zero ||
                    await agent.PlanSilenceAsync(daemon, left, cancel));
        },
        null);

    private Task<bool> Then(Func<Task<bool>> call, Action? changeLocked)
    {
        lock (_gate)
        {
            changeLocked?.Invoke();
            var next = AfterAsync(_last, call);
            _last = next;
            return next;
        }
    }

    private static async Task<bool> AfterAsync(Task earlier, Func<Task<bool>> call)
    {
        // What became of the earlier call was told to who asked for it.
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await call();
    }
}
