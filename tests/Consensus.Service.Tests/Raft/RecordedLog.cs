using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Keeps what is written to the log of the process.</summary>
internal sealed class RecordedLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = new();

    /// <summary>The texts with an event id.</summary>
    public IReadOnlyList<string> Of(int id) =>
        [.. _lines.Where(line => line.Id == id).Select(static line => line.Text)];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It keeps everything itself.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Enqueue((eventId.Id, formatter(state, exception)));

    public void Dispose()
    {
        // It holds nothing.
    }
}
