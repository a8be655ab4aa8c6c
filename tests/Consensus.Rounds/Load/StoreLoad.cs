using System.Globalization;
using System.Net.Sockets;
using Holdfast.Consensus.Rounds.Checks;
using Holdfast.Consensus.Rounds.Voters;
using Holdfast.KeyValue;
using Holdfast.Primitives;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Rounds.Load;

/// <summary>How much the clients of a round do.</summary>
internal sealed record LoadFigures(int Clients, int ValueBytes, TimeSpan Pace, ulong Seed);

/// <summary>
/// Clients of the store that write numbers, each once, and read, one call at a time each; what they ask and are told,
/// and when, is one history.
/// </summary>
internal sealed class StoreLoad(StoreGroup group, LoadFigures figures) : ILoad
{
    private const int KeysOpen = 6;
    private const int CallsPerKey = 250;
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly History<StoreCall, long> _history = new();
    private readonly KeyWindow _keys = new(KeysOpen, CallsPerKey);
    private readonly List<Task> _clients = [];
    private long _number;
    private int _acknowledged;

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public void Start()
    {
        for (var i = 0; i < figures.Clients; i++)
        {
            var client = i;
            _clients.Add(Task.Run(() => CallAsync(client)));
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async Task<LoadFindings> CheckAsync(CancellationToken cancel)
    {
        using var reader = new StoreCaller(group, figures.Clients);
        var found = new Dictionary<int, long>();
        for (var key = 0; key < _keys.Count; key++)
        {
            var asked = key;
            await Lasting.UntilAsync(
                $"key {asked} is read",
                ReadPatience,
                async _ =>
                {
                    if (await CallAsync(reader, new StoreCall(asked, null)) is not { } value) return false;
                    found[asked] = value;
                    return true;
                },
                cancel);
        }

        return StoreCheck.Judge([.. _history.Checked], found);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task CallAsync(int client)
    {
        var random = new Random(HashCode.Combine(figures.Seed, client));
        using var caller = new StoreCaller(group, client);
        using var pace = new PeriodicTimer(figures.Pace);
        try
        {
            while (await pace.WaitForNextTickAsync(_stop.Token))
            {
                var key = _keys.Next(random);
                long? put = random.Next(5) < 3 ? Interlocked.Increment(ref _number) : null;
                if (await CallAsync(caller, new StoreCall(key, put)) is not null && put is not null)
                    Interlocked.Increment(ref _acknowledged);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped, between two calls.
        }
    }

    /// <returns>The answer; null where it was refused, or where nobody knows.</returns>
    private async Task<long?> CallAsync(StoreCaller caller, StoreCall asked)
    {
        int call;
        lock (_history) call = _history.Called(caller.Number, asked, BootClock.Instance.Now());
        using var patience = new CancellationTokenSource(AnswerPatience);
        var (status, value) = await caller.AskAsync(asked, figures.ValueBytes, patience.Token);
        lock (_history)
        {
            switch (status)
            {
                case StoreStatus.Done or StoreStatus.NotFound:
                    _history.Returned(call, value, BootClock.Instance.Now());
                    return value;
                case StoreStatus.Unknown:
                    return null;
                default:
                    _history.Refused(call);
                    return null;
            }
        }
    }
}

/// <summary>One client: it stays with a voter until that is of no use, and follows its word on who leads.</summary>
internal sealed class StoreCaller(StoreGroup group, int number) : IDisposable
{
    private StoreWire? _wire;
    private int _at = number;

    public int Number { get; } = number;

    /// <summary><see cref="StoreStatus.Unknown"/> where no answer came.</summary>
    public async Task<(StoreStatus Status, long Value)> AskAsync(
        StoreCall call, int valueBytes, CancellationToken cancel)
    {
        var isSent = false;
        try
        {
            _wire ??= await StoreWire.ConnectAsync(group.Voters[_at % group.Voters.Count].Clients, cancel);
            isSent = true;
            var (status, payload) = call.Put is { } value
                ? await _wire.AskAsync(StoreAction.Put, KeyOf(call), TextOf(value, valueBytes), cancel)
                : await _wire.AskAsync(StoreAction.Get, KeyOf(call), "", cancel);
            if (status == StoreStatus.NotLeader) Follow(payload);
            else if (status is not (StoreStatus.Done or StoreStatus.NotFound)) Leave();
            return (status, status == StoreStatus.Done && call.Put is null ? NumberOf(payload) : 0);
        }
        catch (Exception silent) when (silent is SocketException or OperationCanceledException)
        {
            Leave();
            return (isSent ? StoreStatus.Unknown : StoreStatus.NotLeader, 0);
        }
    }

    public void Dispose() => _wire?.Dispose();

    private static string KeyOf(StoreCall call) => $"key{call.Key}";

    private static string TextOf(long value, int bytes) =>
        value.ToString(CultureInfo.InvariantCulture).PadRight(Math.Max(bytes, 20), '.');

    private static long NumberOf(string text) => long.Parse(text.TrimEnd('.'), CultureInfo.InvariantCulture);

    private void Follow(string leader)
    {
        var named = group.Voters.FirstOrDefault(voter => voter.Name == leader);
        Leave();
        if (named is not null) _at = named.Number;
    }

    private void Leave()
    {
        _wire?.Dispose();
        (_wire, _at) = (null, (_at + 1) % group.Voters.Count);
    }
}
