using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Loop;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Directory;

/// <summary>
/// Has old tombstones erased on the shards whose relay this Failover is, one call at each beat, and none while grains
/// are being promoted as fast as they can be: a sweep that a brake or a silent shard holds up may take hours.
/// </summary>
internal sealed class TombstoneKeeper(
    FailoverOptions options,
    UpkeepCalls calls,
    FailoverLoop loop,
    RelayKeeper relay,
    IMonotonicClock clock,
    TimeProvider time) : BackgroundService
{
    private readonly Upkeep _upkeep = new(options.TombstoneAge);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var beat = new PeriodicTimer(options.TombstonePace, time);
        try
        {
            while (await beat.WaitForNextTickAsync(stoppingToken)) await StepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task StepAsync(CancellationToken cancel)
    {
        var view = loop.View;
        if (view.IsSweeping || view.World is not { } world) return;
        var seen = new UpkeepSighting(
            view.IsHeld ? view.Token : Token.None, relay.Owned, world.Horizon, world.LowestGrant);
        if (_upkeep.Next(seen, clock.Now()) is not { } step) return;
        var (isDone, next) = await calls.TakeAsync(step, cancel);
        _upkeep.Ended(step, isDone, next);
    }
}
