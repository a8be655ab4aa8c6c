using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Holdfast.Servers;

namespace Holdfast.Consensus.Rounds.Voters;

/// <summary>One life of a voter: a process, and what it said.</summary>
internal sealed partial class VoterProcess : IAsyncDisposable
{
    private const int LinesMax = 60;
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Task _reading;

    public VoterProcess(ProcessStartInfo start, Action<string> onLine)
    {
        start.UseShellExecute = false;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        _reading = Task.WhenAll(
            ReadAsync(_process.StandardOutput, onLine), ReadAsync(_process.StandardError, onLine));
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    public string Said => string.Join('\n', _lines.Select(line => "    " + line));

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        _process.Kill();
        await ExitAsync(cancel);
    }

    /// <summary>SIGSTOP: it is there, and does nothing.</summary>
    public Task SuspendAsync() => Suspension.BeginAsync(_process.Id);

    public void Resume() => Suspension.End(_process.Id);

    /// <summary>SIGTERM, as an operator stops it.</summary>
    public void Terminate() => Signal(SigTerm);

    public async Task ExitAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        await _reading.WaitAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync(CancellationToken.None);
        _process.Dispose();
    }

    private void Signal(int signal)
    {
        // A process that ended meanwhile needs none.
        if (!_process.HasExited && Kill(_process.Id, signal) != 0 && !_process.HasExited)
            throw new InvalidOperationException($"Signal {signal} was not delivered: {Marshal.GetLastPInvokeError()}.");
    }

    private async Task ReadAsync(StreamReader from, Action<string> onLine)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesMax) _lines.TryDequeue(out _);
            onLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
