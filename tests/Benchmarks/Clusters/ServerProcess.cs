using System.Collections.Concurrent;
using System.Diagnostics;

namespace Holdfast.Benchmarks.Clusters;

/// <summary>A member's process; its last lines are kept for the message of a failure.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int LinesMax = 20;
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    public ServerProcess(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new MeasurementFailedException($"{program} did not start.");
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public void Kill()
    {
        _process.Kill();
        if (!_process.WaitForExit(KillPatience))
            throw new MeasurementFailedException("A killed process is still here.");
    }

    public string Said() => string.Join('\n', _lines);

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        if (_lines.Count > LinesMax) _lines.TryDequeue(out _);
    }
}
