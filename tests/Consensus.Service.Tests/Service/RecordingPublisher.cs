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

    public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        lock (_gate)
        {
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

internal sealed record Published(IEvent Event, string? TraceParent);
