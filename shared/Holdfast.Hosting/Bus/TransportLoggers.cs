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
        new SiftedLogger(inner.CreateLogger(categoryName), (_, exception) =>
            exception?.GetBaseException() is AuthenticationFailureException && !hasServed());

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose()
    {
        // The factory is the host's.
    }
}
