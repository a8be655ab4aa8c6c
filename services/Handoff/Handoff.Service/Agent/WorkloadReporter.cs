using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service.Agent;

/// <summary>
/// Tells the agent about one daemon, one call after the other in the order of the wishes, and says again which process
/// it is, since an agent that was restarted knows nothing.
/// </summary>
internal sealed class WorkloadReporter(AgentClient agent, WorkloadName daemon)
{
    private readonly Lock _gate = new();
    private DaemonProcess? _process;
    private Task _last = Task.CompletedTask;

    public Task WatchAsync(DaemonProcess process, CancellationToken cancel) =>
        Then(() => agent.WatchAsync(daemon, process.Pid, cancel), () => _process = process);

    public Task ForgetAsync(CancellationToken cancel) =>
        Then(() => agent.ForgetAsync(daemon, cancel), () => _process = null);

    public Task<bool> PlanSilenceAsync(TimeSpan span, CancellationToken cancel) =>
        Then(() => agent.PlanSilenceAsync(daemon, span, cancel), null);

    /// <summary>Says it again.</summary>
    public Task RepeatAsync(CancellationToken cancel) => Then(
        async () =>
        {
            DaemonProcess? process;
            lock (_gate) process = _process;
            return process is null || await agent.WatchAsync(daemon, process.Pid, cancel);
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
