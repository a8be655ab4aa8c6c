using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Tests.Slots;

/// <summary>A Recovery on loopback whose orders the test writes.</summary>
internal sealed class PaperRecovery : IAsyncDisposable
{
    private readonly Channel<SlotHostSync> _synced = Channel.CreateUnbounded<SlotHostSync>();
    private readonly Channel<Seen> _refused = Channel.CreateUnbounded<Seen>();
    private ScriptedVoter _server = null!;
    private volatile IReadOnlyList<SlotOrder> _orders = [];
    private volatile Func<Seen, HttpContext, Task>? _refusal;

    public string Url => _server.Url;

    public IReadOnlyList<SlotOrder> Orders { set => _orders = value; }

    /// <summary>Answers every sync so; null: with the orders.</summary>
    public Func<Seen, HttpContext, Task>? Refusal { set => _refusal = value; }

    public IEnumerable<string> Paths => _server.Requests.Select(seen => seen.Path);

    public static async Task<PaperRecovery> StartAsync()
    {
        var recovery = new PaperRecovery();
        recovery._server = await ScriptedVoter.StartAsync(recovery.AnswerAsync);
        return recovery;
    }

    /// <summary>The next sync that fits.</summary>
    public async Task<SlotHostSync> SyncedAsync(string what, Func<SlotHostSync, bool>? wanted = null)
    {
        while (true)
        {
            var sync = await Await.Within10Seconds(_synced.Reader.ReadAsync().AsTask(), what);
            if (wanted is null || wanted(sync)) return sync;
        }
    }

    public Task RefusedAsync() => Await.Within10Seconds(_refused.Reader.ReadAsync().AsTask(), "a refused sync");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(Seen seen, HttpContext context)
    {
        if (_refusal is { } refusal)
        {
            await refusal(seen, context);
            _refused.Writer.TryWrite(seen);
            return;
        }

        var sync = JsonSerializer.Deserialize<SlotHostSync>(seen.Body, Contracts.ContractJson.Strict)!;
        await Says.Json(new SlotHostAnswer { Slots = _orders })(seen, context);
        _synced.Writer.TryWrite(sync);
    }
}

/// <summary>A program that tells what it was asked, and fails or hangs when told to.</summary>
internal sealed class WatchedProgram : ISlotProgram
{
    private readonly Channel<SlotRun> _started = Channel.CreateUnbounded<SlotRun>();
    private readonly Channel<SlotRun> _stopped = Channel.CreateUnbounded<SlotRun>();
    private int _stops;

    public Exception? StartFailure { get; set; }

    public int StopFailures { get; set; }

    public bool HoldsStarts { get; set; }

    public bool HoldsStops { get; set; }

    /// <summary>Done while a slot stops.</summary>
    public Action WhileStopping { get; set; } = () => { };

    public int Stops => Volatile.Read(ref _stops);

    public string? TraceOfStart { get; private set; }

    public Task<SlotRun> StartedAsync() =>
        Await.Within10Seconds(_started.Reader.ReadAsync().AsTask(), "the start of a slot");

    public Task<SlotRun> StoppedAsync() =>
        Await.Within10Seconds(_stopped.Reader.ReadAsync().AsTask(), "the stop of a slot");

    public async Task StartAsync(SlotRun run, CancellationToken cancel)
    {
        TraceOfStart = Activity.Current?.TraceId.ToString();
        if (HoldsStarts) await Never(cancel);
        if (StartFailure is not null) throw StartFailure;
        _started.Writer.TryWrite(run);
    }

    public async Task StopAsync(SlotRun run, CancellationToken cancel)
    {
        WhileStopping();
        if (HoldsStops) await Never(cancel);
        if (Interlocked.Increment(ref _stops) <= StopFailures) throw new IOException("It hangs.");
        _stopped.Writer.TryWrite(run);
    }

    private static Task Never(CancellationToken cancel) => Task.Delay(Timeout.InfiniteTimeSpan, cancel);
}
