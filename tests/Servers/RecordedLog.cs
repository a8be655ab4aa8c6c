using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Servers;

/// <summary>What a part of the test's own process logged.</summary>
public sealed record LoggedLine(DateTimeOffset At, int Id, string Text, Exception? Failure)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{At:HH:mm:ss.fff} [{Id}] {Text}");
}

/// <summary>Keeps what is logged to it, of every level.</summary>
/// <param name="category">The only one that counts, or null for all.</param>
public sealed class RecordedLog(string? category = null) : ILoggerFactory, ILoggerProvider, ILogger
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<LoggedLine> _lines = new();
    private readonly Channel<LoggedLine> _unheard = Channel.CreateUnbounded<LoggedLine>();

    /// <summary>Called with each line before whoever logs it goes on.</summary>
    public Action<LoggedLine>? OnLine { get; init; }

    public IReadOnlyList<LoggedLine> Lines => [.. _lines];

    public IReadOnlyList<Exception> Failures => [.. _lines.Select(line => line.Failure).OfType<Exception>()];

    /// <summary>The texts with an event id.</summary>
    public IReadOnlyList<string> Of(int id) => [.. _lines.Where(line => line.Id == id).Select(line => line.Text)];

    /// <summary>Waits for a line with an event id; what came before it is not waited for again.</summary>
    public async Task<string> HearsAsync(int id)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                var line = await _unheard.Reader.ReadAsync(patience.Token);
                if (line.Id == id) return line.Text;
            }
        }
        catch (OperationCanceledException late)
        {
            var lines = string.Join('\n', _lines.TakeLast(40));
            throw new TimeoutException($"Within {Patience} the log had no (other) line {id}. It has:\n{lines}", late);
        }
    }

    /// <summary>Forgets the lines; those that are still to be heard stay so.</summary>
    public void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) =>
        category is null || category == categoryName ? this : NullLogger.Instance;

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
        var line = new LoggedLine(
            TimeProvider.System.GetUtcNow(), eventId.Id, formatter(state, exception), exception);
        _lines.Enqueue(line);
        _unheard.Writer.TryWrite(line);
        OnLine?.Invoke(line);
    }

    public void Dispose()
    {
        // It holds nothing but what was logged.
    }
}
