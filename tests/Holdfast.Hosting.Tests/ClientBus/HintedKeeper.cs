using System.Threading.Channels;
using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Directory;

namespace Holdfast.Hosting.Tests.ClientBus;

/// <summary>A keeper that hears the bus, lists nothing, and says what its program is called for.</summary>
internal sealed class HintedKeeper : IGrainProgram, IAsyncDisposable
{
    private readonly Channel<string> _calls = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _stop = new();
    private readonly HoldfastSession _session;
    private readonly HoldfastSubscriber _subscriber;
    private Task _running = Task.CompletedTask;

    private HintedKeeper(HintedWorld world, HoldfastSession session, string type)
    {
        _session = session;
        Keeper = new GrainKeeper(world.Consensus, world.Directory, this, new GrainKeeperOptions
        {
            Types = [type],
            CheckInterval = TimeSpan.FromMilliseconds(50),
            ListInterval = TimeSpan.FromHours(1),
        });
        _subscriber = new HoldfastSubscriber(world.Bus, $"orders-{session.Id}");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public GrainKeeper Keeper { get; }

    public static async Task<HintedKeeper> StartAsync(HintedWorld world, HoldfastSession session, string type)
    {
        var kept = new HintedKeeper(world, session, type);
        kept._running = kept.Keeper.RunAsync(session, kept._stop.Token);
        await kept._subscriber.Hint(kept.Keeper).WhenReadyAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!kept.Keeper.IsReady) await timer.WaitForNextTickAsync(Cancel);
        return kept;
    }

    public async Task HearsAsync(string wanted)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            // What came before is not what is waited for.
            while (await _calls.Reader.ReadAsync(deadline.Token) != wanted) continue;
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"Not called within 20 s: {wanted}.", late);
        }
    }

    public Task LoadAsync(HeldGrain grain, CancellationToken cancel) => Say($"load {grain.Grain}");

    public Task DrainAsync(HeldGrain grain, CancellationToken cancel) => Say($"drain {grain.Grain}");

    public Task LostAsync(GrainLoss loss, CancellationToken cancel) => Say($"lost {loss.Grain} {loss.Cause}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _subscriber.DisposeAsync();
        await Keeper.DisposeAsync();
        await _session.DisposeAsync();
        _stop.Dispose();
    }

    private Task Say(string call)
    {
        _calls.Writer.TryWrite(call);
        return Task.CompletedTask;
    }
}
