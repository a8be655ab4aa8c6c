using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Directory;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Loop;

/// <summary>
/// Feeds the machine, one input after another, and has its outputs carried out. It waits for nothing but the next
/// input and the machine's own clock, so a slow sweep holds up neither watching nor the stop.
/// </summary>
internal sealed class FailoverLoop(
    FailoverMachine machine,
    FailoverMailbox mailbox,
    FailoverWork work,
    RelayKeeper relay,
    IMonotonicClock clock,
    TimeProvider time) : BackgroundService
{
    private FailoverView _view = machine.View();

    /// <summary>How the machine stands.</summary>
    public FailoverView View => Volatile.Read(ref _view);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wakeAt = Take(new FailoverInput.Tick(), stoppingToken);
        Task<bool>? arrival = null;
        try
        {
            while (true)
            {
                arrival ??= mailbox.Reader.WaitToReadAsync(stoppingToken).AsTask();
                if (await HasArrivedAsync(arrival, wakeAt))
                {
                    if (!await arrival) return;
                    arrival = null;
                    while (mailbox.Reader.TryRead(out var input)) wakeAt = Take(input, stoppingToken);
                }
                else
                {
                    wakeAt = Take(new FailoverInput.Tick(), stoppingToken);
                }
            }
        }
        finally
        {
            await work.EndAsync();
        }
    }

    // False when it is time to wake up first.
    private async Task<bool> HasArrivedAsync(Task<bool> arrival, Instant? wakeAt)
    {
        if (arrival.IsCompleted) return true;
        if (wakeAt is not { } at)
        {
            await arrival;
            return true;
        }

        var pause = at - clock.Now();
        if (pause <= TimeSpan.Zero) return false;
        using var arrived = new CancellationTokenSource();
        await Task.WhenAny(arrival, Task.Delay(pause, time, arrived.Token));
        await arrived.CancelAsync();
        return arrival.IsCompleted;
    }

    private Instant? Take(FailoverInput input, CancellationToken stoppingToken)
    {
        var output = machine.Step(input, clock.Now());
        var view = machine.View();
        Volatile.Write(ref _view, view);
        Telemetry.Stands(view);
        relay.Follow(view);
        work.Carry(output, stoppingToken);
        return output.WakeAt;
    }
}
