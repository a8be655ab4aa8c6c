using Holdfast.Contracts;

namespace Holdfast.Hosting;

/// <summary>
/// The way to the bus. Two implementations: the bus itself, and HTTP to a process that has one. Completes once the
/// broker has confirmed the event; throws when it cannot within the deadline, and then the event is still owed.
/// </summary>
public interface IEventPublisher
{
    /// <summary>Publishes one event.</summary>
    /// <param name="message">A record of the contracts.</param>
    /// <param name="traceParent">The W3C trace context that caused it; null takes the current activity's.</param>
    /// <param name="cancel">Gives up.</param>
    Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel);
}

/// <summary>
/// The way from the bus to a service's mailbox: events are hints, so a subscription may come late, and a service works
/// (slower) without any.
/// </summary>
public interface IEventSubscriber
{
    /// <summary>Calls <paramref name="handle"/> for each event of a type, at least once.</summary>
    /// <param name="queue">The name of the queue, one per service instance; the same name shares the work.</param>
    /// <param name="handle">Returning acknowledges; throwing redelivers up to the delivery limit.</param>
    IAsyncDisposable Subscribe<T>(string queue, Func<T, EventContext, CancellationToken, Task> handle)
        where T : class, IEvent;
}

/// <summary>What travelled beside an event.</summary>
/// <param name="TraceParent">The W3C trace context of the publisher; null where there was none.</param>
/// <param name="Redelivered">Whether it may have been delivered before.</param>
public sealed record EventContext(string? TraceParent, bool Redelivered);
