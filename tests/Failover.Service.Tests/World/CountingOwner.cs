using System.Collections.Concurrent;
using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Directory;
using Holdfast.Primitives;
using StackExchange.Redis;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>
/// A user's program with the real keeper: it counts in memory for what it serves, and saves that now and then and when
/// it is drained. What it has in memory and did not save is lost with it.
/// </summary>
internal sealed class CountingOwner : IGrainProgram, IAsyncDisposable
{
    private const int CountsPerPace = 10;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    private readonly SavedCounts _saved;
    private readonly IAsyncDisposable _directory;
    private readonly ConsensusClient _consensus;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<GrainId, SemaphoreSlim> _turns = [];
    private readonly ConcurrentDictionary<GrainId, (Epoch Epoch, long Count)> _counts = [];
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly Random _random = new(7);
    private HoldfastSubscriber? _hearing;
    private Task _running = Task.CompletedTask;
    private int _drains;

    public CountingOwner(
        ConsensusClient consensus,
        IGrainDirectory directory,
        IAsyncDisposable connection,
        SavedCounts saved,
        GrainKeeperOptions options)
    {
        (_consensus, _directory, _saved) = (consensus, connection, saved);
        Keeper = new GrainKeeper(consensus, directory, this, options);
    }

    public GrainKeeper Keeper { get; }

    public HoldfastSession Session { get; private set; } = null!;

    /// <summary>Loads wait for this.</summary>
    public Task Loads { get; set; } = Task.CompletedTask;

    /// <summary>So many drains end, and then none.</summary>
    public int DrainsMax { get; set; } = int.MaxValue;

    /// <summary>What it saved when it was drained.</summary>
    public ConcurrentDictionary<GrainId, long> Drained { get; } = [];

    /// <summary>What it loaded of each grain first.</summary>
    public ConcurrentDictionary<GrainId, long> Loaded { get; } = [];

    public ConcurrentQueue<GrainLoss> Losses { get; } = [];

    public IEnumerable<string> Problems => _problems;

    public int Steps { get; private set; }

    /// <summary>How many of its writes were refused for their epoch.</summary>
    public int Refused { get; private set; }

    /// <summary>Keeps grains and counts, until it is killed or disposed of; hears the bus where it is given.</summary>
    public async Task RunAsync(HoldfastSession session, HoldfastSubscriber? hearing)
    {
        Session = session;
        _hearing = hearing?.Hint(Keeper);
        _running = Task.WhenAll(Keeper.RunAsync(session, _stop.Token), CountAsync());
        if (_hearing is not null) await _hearing.WhenReadyAsync();
    }

    public bool Serves(GrainId grain) => Keeper.TryServe(grain, out _);

    public async Task LoadAsync(HeldGrain grain, CancellationToken cancel)
    {
        await Loads.WaitAsync(cancel);
        using var turn = await TurnAsync(grain.Grain, cancel);
        if (await _saved.LoadAsync(grain.Grain, grain.Epoch, cancel) is { } count)
        {
            _counts[grain.Grain] = (grain.Epoch, count);
            Loaded.TryAdd(grain.Grain, count);
            return;
        }

        _ = Keeper.RefusedAsync(grain.Grain, grain.Epoch, CancellationToken.None);
        throw new IOException($"{grain} is refused.");
    }

    public async Task DrainAsync(HeldGrain grain, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _drains) > DrainsMax) await new TaskCompletionSource().Task.WaitAsync(cancel);
        using var turn = await TurnAsync(grain.Grain, cancel);
        var count = _counts[grain.Grain].Count;
        if (!await _saved.SaveAsync(grain.Grain, grain.Epoch, SaveReason.Drained, count, cancel))
            throw new IOException($"{grain} is refused.");
        Drained[grain.Grain] = count;
    }

    public Task LostAsync(GrainLoss loss, CancellationToken cancel)
    {
        Losses.Enqueue(loss);
        return Task.CompletedTask;
    }

    /// <summary>It ends without a word: nothing of it is saved, and its session is open.</summary>
    public async Task KillAsync()
    {
        var hearing = Interlocked.Exchange(ref _hearing, null);
        await _stop.CancelAsync();
        await Endings.AllAsync(
            () => new ValueTask(_running),
            Keeper.DisposeAsync,
            () => hearing?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    public ValueTask DisposeAsync() => Endings.AllAsync(
        () => new ValueTask(KillAsync()),
        () => Session?.DisposeAsync() ?? ValueTask.CompletedTask,
        _directory.DisposeAsync,
        () =>
        {
            _consensus.Dispose();
            foreach (var turn in _turns.Values) turn.Dispose();
            _stop.Dispose();
            return ValueTask.CompletedTask;
        });

    private async Task CountAsync()
    {
        using var pace = new PeriodicTimer(Pace);
        while (!_stop.IsCancellationRequested)
        {
            var held = Keeper.Held.Keys.ToArray();
            for (var i = 0; i < CountsPerPace && held.Length > 0; i++)
                await TryCountAsync(held[_random.Next(held.Length)]);
            Steps++;
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>What the resource did not answer is a problem of the test; the others go on.</summary>
    private async Task TryCountAsync(GrainId grain)
    {
        try
        {
            await CountAsync(grain);
        }
        catch (Exception failed) when (failed is RedisException or TimeoutException)
        {
            _problems.Enqueue($"{Session.Id} could not save {grain}: {failed.Message}");
        }
    }

    private async Task CountAsync(GrainId grain)
    {
        using var turn = await TurnAsync(grain, CancellationToken.None);
        if (!Keeper.TryServe(grain, out var epoch)) return;
        var (loaded, count) = _counts[grain];
        if (loaded != epoch) _problems.Enqueue($"{Session.Id} serves {grain} under {epoch}, loaded under {loaded}");
        _counts[grain] = (loaded, count + 1);
        if (_random.Next(3) > 0) return;
        if (await _saved.SaveAsync(grain, epoch, SaveReason.Counted, count + 1, CancellationToken.None)) return;
        Refused++;
        _ = Keeper.RefusedAsync(grain, epoch, CancellationToken.None);
    }

    private async Task<Turn> TurnAsync(GrainId grain, CancellationToken cancel)
    {
        var turn = _turns.GetOrAdd(grain, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancel);
        return new Turn(turn);
    }

    private readonly struct Turn(SemaphoreSlim taken) : IDisposable
    {
        public void Dispose() => taken.Release();
    }
}
