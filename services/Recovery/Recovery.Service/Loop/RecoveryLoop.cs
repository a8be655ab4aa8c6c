using System.Collections.Immutable;
using Holdfast.Primitives;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Loop;

/// <summary>
/// Feeds the machine, one input after another, and has its outputs carried out. It waits for nothing but the next input
/// and the machine's own clock.
/// </summary>
internal sealed class RecoveryLoop(
    RecoveryMachine machine, RecoveryMailbox mailbox, RecoveryWork work, IMonotonicClock clock, TimeProvider time)
    : BackgroundService
{
    // A view of every slot after every step would cost more than the step: who wants one waits for the step under way.
    private readonly Lock _gate = new();

    /// <summary>How the machine stands.</summary>
    public RecoveryView View()
    {
        lock (_gate) return machine.View(clock.Now());
    }

    /// <summary>Where what is down would go now.</summary>
    public ImmutableArray<PlannedPlacement> Plan()
    {
        lock (_gate) return machine.Plan(clock.Now());
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wakeAt = Tick(stoppingToken);
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
                    while (mailbox.Reader.TryRead(out var letter)) wakeAt = Take(letter, stoppingToken);
                }
                else
                {
                    wakeAt = Tick(stoppingToken);
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

    private Instant? Tick(CancellationToken stoppingToken)
    {
        var wakeAt = Take(new Letter(new RecoveryInput.Tick(), null), stoppingToken);
        Telemetry.Stands(View());
        return wakeAt;
    }

    private Instant? Take(Letter letter, CancellationToken stoppingToken)
    {
        RecoveryOutput output;
        lock (_gate) output = machine.Step(letter.Input, clock.Now());
        letter.Answer?.TrySetResult(output);
        work.Carry(output, stoppingToken);
        return output.WakeAt;
    }
}
