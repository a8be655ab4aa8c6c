using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>A bus that remembers what it confirmed and can be away.</summary>
internal sealed class RecordingPublisher : IEventPublisher
{
    private readonly Lock _gate = new();
    private readonly List<Published> _published = [];
    private readonly List<(Func<Published, bool> Wanted, TaskCompletionSource<Published> Seen)> _waiting = [];
    private bool _away;
    private HeldPublishes? _held;

    public IReadOnlyList<Published> All
    {
        get
        {
            lock (_gate) return [.. _published];
        }
    }

    public bool Away
    {
        set
        {
            lock (_gate) _away = value;
        }
    }

    /// <summary>Holds what a voter announces from the log until that is cancelled and the test ends it.</summary>
    public HeldPublishes HoldFrom(string voter)
    {
        lock (_gate) return _held = new HeldPublishes($"consensus/{voter}");
    }

    public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_held is { } held && held.Source == message.Source && message is not ConsensusAlert)
                return held.HoldAsync(cancel);
            if (_away) return Task.FromException(new IOException("The broker is away."));
            var published = new Published(message, traceParent);
            _published.Add(published);
            foreach (var (wanted, seen) in _waiting)
            {
                if (wanted(published)) seen.TrySetResult(published);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>The first event, past or to come, that is wanted.</summary>
    public Task<Published> SeeAsync(Func<IEvent, bool> wanted)
    {
        lock (_gate)
        {
            if (_published.FirstOrDefault(one => wanted(one.Event)) is { } past) return Task.FromResult(past);
            var seen = new TaskCompletionSource<Published>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((one => wanted(one.Event), seen));
            return seen.Task;
        }
    }
}

/// <summary>Publishes that end only when they are cancelled and the test says so.</summary>
internal sealed class HeldPublishes(string source)
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begins;

    public string Source { get; } = source;

    public Task Begun => _begun.Task;

    public Task Cancelled => _cancelled.Task;

    public int Begins => Volatile.Read(ref _begins);

    public void End() => _end.TrySetResult();

    public async Task HoldAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _begins);
        _begun.TrySetResult();
        await using var cancelled = cancel.Register(() => _cancelled.TrySetResult());
        await _cancelled.Task;
        await _end.Task;
        throw new OperationCanceledException(cancel);
    }
}

internal sealed record Published(IEvent Event, string? TraceParent);
