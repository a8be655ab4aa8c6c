using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Keeps what is written to the log of the process.</summary>
internal sealed class RecordedLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = new();
    private readonly Channel<(int Id, string Text)> _unheard = Channel.CreateUnbounded<(int Id, string Text)>();

    /// <summary>The texts with an event id.</summary>
    public IReadOnlyList<string> Of(int id) =>
        [.. _lines.Where(line => line.Id == id).Select(static line => line.Text)];

    /// <summary>Waits for a line with an event id; what came before it is not waited for again.</summary>
    public Task<string> HearsAsync(int id) => ReadAsync(id).OrFailAsync($"the log has a line {id}");

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
        Func<TState, Exception?, string> formatter)
    {
        var line = (eventId.Id, formatter(state, exception));
        _lines.Enqueue(line);
        _unheard.Writer.TryWrite(line);
    }

    public void Dispose()
    {
        // It holds nothing.
    }

    private async Task<string> ReadAsync(int id)
    {
        await foreach (var line in _unheard.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            if (line.Id == id) return line.Text;
        throw new InvalidOperationException("A log has no end.");
    }
}
