using System.Collections.Immutable;
using Holdfast.Hosting;
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
        var loop = new InputLoop<Letter>(
            mailbox.Reader, letter => Take(letter, stoppingToken), () => Tick(stoppingToken), clock, time);
        try
        {
            await loop.RunAsync(stoppingToken);
        }
        finally
        {
            await work.EndAsync();
        }
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
