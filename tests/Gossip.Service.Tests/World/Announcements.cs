using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>An event as it reached the bus.</summary>
internal sealed record Announced(IEvent Message, string? TraceParent)
{
    public string? TraceId => TraceParent?.Split('-')[1];
}

/// <summary>A bus that keeps what it is given, and can be away.</summary>
internal sealed class Announcements : IEventPublisher
{
    private volatile bool _isAway;

    public Mail<Announced> Mail { get; } = new();

    public Mail<IEvent> Refused { get; } = new();

    public bool IsAway
    {
        get => _isAway;
        set => _isAway = value;
    }

    public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        if (_isAway)
        {
            Refused.Post(message);
            throw new IOException("The broker is away.");
        }

        Mail.Post(new Announced(message, traceParent));
        return Task.CompletedTask;
    }

    public async Task<(T Message, string? TraceId)> FirstAsync<T>(Func<T, bool> fits)
        where T : class, IEvent
    {
        var found = await Mail.FirstAsync(
            announced => announced.Message is T message && fits(message), $"a {typeof(T).Name} that fits");
        return ((T)found.Message, found.TraceId);
    }
}
