using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>Passes on everything but what is left out, which is decided entry by entry.</summary>
/// <param name="inner">Where the rest goes.</param>
/// <param name="isLeftOut">Whether an entry with this event and exception is not logged. Any thread asks.</param>
internal sealed class SiftedLogger(ILogger inner, Func<EventId, Exception?, bool> isLeftOut) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!isLeftOut(eventId, exception)) inner.Log(logLevel, eventId, state, exception, formatter);
    }
}
