using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Exceptions;

namespace Holdfast.Hosting;

/// <summary>
/// What the transport logs, without what <see cref="BusCredentials"/> says in one line: MassTransit tells of a password
/// that the broker refuses once for each queue, with a stack trace, and would bury the line. Once the bus has served
/// nobody else tells, and all of it is logged.
/// </summary>
/// <param name="inner">Where the rest goes.</param>
/// <param name="hasServed">Whether the bus was connected at least once.</param>
internal sealed class TransportLoggers(ILoggerFactory inner, Func<bool> hasServed) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) =>
        new TransportLogger(inner.CreateLogger(categoryName), hasServed);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose()
    {
        // The factory is the host's.
    }

    private sealed class TransportLogger(ILogger inner, Func<bool> hasServed) : ILogger
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
            if (exception?.GetBaseException() is AuthenticationFailureException && !hasServed()) return;
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
