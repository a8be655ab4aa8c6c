namespace Holdfast.Cli.Output;

/// <summary>
/// How far long work has come, on standard error: one line that is written over on a terminal, and nothing where nobody
/// looks.
/// </summary>
internal sealed class Progress(Surroundings around, string what) : IProgress<long>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly long _startedAt = around.Time.GetTimestamp();
    private readonly Lock _gate = new();
    private long _toldAt;
    private int _columns;

    /// <summary>Hears a count.</summary>
    public void Report(long value) => Tell($"{Spoken.Of(value)} {what}, {Spoken.Of(Rate(value))} a second");

    /// <summary>Hears words.</summary>
    public void Tell(string words)
    {
        if (!around.IsErrorTerminal) return;
        lock (_gate)
        {
            if (_columns > 0 && around.Time.GetElapsedTime(_toldAt) < Interval) return;
            _toldAt = around.Time.GetTimestamp();
            var line = Screen.Clean(words);
            around.Error.Write($"\r{line.PadRight(_columns)}");
            around.Error.Flush();
            _columns = Math.Max(_columns, line.Length);
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_columns > 0) around.Error.Write($"\r{new string(' ', _columns)}\r");
            _columns = 0;
        }
    }

    private long Rate(long value) =>
        (long)(value / Math.Max(0.001, around.Time.GetElapsedTime(_startedAt).TotalSeconds));
}
