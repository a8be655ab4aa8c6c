using System.Collections.Immutable;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Directory;
using Holdfast.Hosting;
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
    /// <summary>So many steps at most until the view follows.</summary>
    private const ulong StepsPerViewMax = 64;

    private FailoverView _view = machine.View();

    /// <summary>How the machine stands.</summary>
    public FailoverView View => Volatile.Read(ref _view);

    /// <summary>What would be done now, about one cluster or all that are watched.</summary>
    public ImmutableArray<FailoverPlan> Plan(ClusterId? about) => machine.Plan(View, about);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new InputLoop<FailoverInput>(
            mailbox.Reader,
            input => Take(input, stoppingToken),
            () => Take(new FailoverInput.Tick(), stoppingToken),
            clock,
            time);
        try
        {
            await loop.RunAsync(stoppingToken);
        }
        finally
        {
            await work.EndAsync();
        }
    }

    private Instant? Take(FailoverInput input, CancellationToken stoppingToken)
    {
        var output = machine.Step(input, clock.Now());

        // The calls go out before it is told how things stand, and where more is to be taken only at the end of it; but
        // who hears of a notice finds in the view what it tells.
        if (!output.Notices.IsEmpty) Show();
        work.Carry(output, stoppingToken);
        if (mailbox.IsEmpty || machine.Version >= _view.Version + StepsPerViewMax) Show();
        return output.WakeAt;
    }

    private void Show()
    {
        var (view, before) = (machine.View(), _view);
        if (view.Version == before.Version) return;
        Volatile.Write(ref _view, view);
        Telemetry.Stands(view, before);
        relay.Follow(view);
    }
}
