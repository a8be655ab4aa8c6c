using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>
/// Keeps one message out of the log: the host's report, with its stack trace, of a failure that
/// <see cref="HoldfastProgram"/> explains in a sentence, and what follows from it: background services that had begun
/// are cancelled, which the host takes for faults. Everything else of the host is logged, such as any other fault of a
/// background service. A filter cannot do it, since filters see neither the event nor the exception.
/// </summary>
internal sealed class ExplainedFailures(ILoggerFactory inner) : ILoggerFactory
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";
    private const string StartFailed = "HostedServiceStartupFaulted";

    // What the host says of a background service that failed.
    private static readonly string[] Faulted = ["BackgroundServiceFaulted", "BackgroundServiceStoppingHost"];

    public static void AddTo(IServiceCollection services)
    {
        if (services.LastOrDefault(service => service.ServiceType == typeof(ILoggerFactory)) is not { } logging) return;
        if (logging.ImplementationType is not { } type) return;
        services.Remove(logging);
        services.AddSingleton<ILoggerFactory>(provider =>
            new ExplainedFailures((ILoggerFactory)ActivatorUtilities.CreateInstance(provider, type)));
    }

    public ILogger CreateLogger(string categoryName) => categoryName == HostCategory
        ? new SiftedLogger(inner.CreateLogger(categoryName), new HostReports().IsExplained)
        : inner.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private sealed class HostReports
    {
        private volatile bool _explained;

        public bool IsExplained(EventId eventId, Exception? exception)
        {
            if (eventId.Name == StartFailed && exception is not null && HoldfastProgram.Explain(exception) is not null)
                _explained = true;
            var refused = Faulted.Contains(eventId.Name) && HoldfastProgram.IsWrongCredential(exception);
            _explained |= refused;
            return _explained &&
                (refused || eventId.Name == StartFailed || exception is OperationCanceledException);
        }
    }
}
