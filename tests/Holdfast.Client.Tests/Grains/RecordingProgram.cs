using System.Collections.Concurrent;
using System.Threading.Channels;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client.Tests.Grains;

/// <summary>A user's program that says what it was called for, and fails where the test says so.</summary>
internal sealed class RecordingProgram : IGrainProgram
{
    private readonly Channel<string> _calls = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<GrainId, int> _loadsToFail = new();
    private int _drains;

    /// <summary>What drains wait for.</summary>
    public Task Drained { get; set; } = Task.CompletedTask;

    /// <summary>How many drains go through; the others wait for their end.</summary>
    public int DrainsMax { get; set; } = int.MaxValue;

    /// <summary>How many drains were asked for.</summary>
    public int Drains => _drains;

    /// <summary>Whether drains go on when they are cancelled.</summary>
    public bool DrainsHeedlessly { get; set; }

    /// <summary>What loads wait for.</summary>
    public Task Loaded { get; set; } = Task.CompletedTask;

    public ConcurrentQueue<GrainLoss> Losses { get; } = new();

    public void FailLoads(GrainId grain, int times) => _loadsToFail[grain] = times;

    public async Task LoadAsync(HeldGrain grain, CancellationToken cancel)
    {
        if (_loadsToFail.GetValueOrDefault(grain.Grain) > 0)
        {
            _loadsToFail[grain.Grain]--;
            Say($"failed {grain.Grain}");
            throw new IOException("The state is not there yet.");
        }

        await Loaded.WaitAsync(cancel);
        Say($"load {grain.Grain} {grain.Kind}");
    }

    public async Task DrainAsync(HeldGrain grain, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _drains) > DrainsMax) await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
        await Drained.WaitAsync(DrainsHeedlessly ? CancellationToken.None : cancel);
        Say($"drain {grain.Grain}");
    }

    public Task LostAsync(GrainLoss loss, CancellationToken cancel)
    {
        Losses.Enqueue(loss);
        Say($"lost {loss.Grain} {loss.Cause}");
        return Task.CompletedTask;
    }

    /// <summary>Waits for a call; others before it are passed over.</summary>
    public async Task HearsAsync(string wanted)
    {
        var passed = new List<string>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            while (await _calls.Reader.ReadAsync(deadline.Token) is var call && call != wanted) passed.Add(call);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException(
                $"Not called within 20 s: '{wanted}'; but: {string.Join("; ", passed)}.", e);
        }
    }

    private void Say(string call) => _calls.Writer.TryWrite(call);
}
