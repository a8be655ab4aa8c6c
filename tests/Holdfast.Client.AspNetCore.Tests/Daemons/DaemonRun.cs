using System.Collections.Concurrent;
using System.Diagnostics;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>One process of the counter, with what it said.</summary>
internal sealed class DaemonRun : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new();

    public DaemonRun(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        Pid = _process.Id;
        _process.OutputDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid { get; }

    public bool HasExited => _process.HasExited;

    public string Said => string.Join('\n', _said);

    public void Kill() => _process.Kill();

    public async Task<int> ExitAsync(string what)
    {
        using var patience = new CancellationTokenSource(DaemonNest.Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"{what} did not end. It said:\n{Said}", e);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
