using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;

namespace Holdfast.Standalone.Processes;

/// <summary>A child ended before it was asked to.</summary>
internal sealed class ChildFailedException(string name, string why) : Exception($"The process {name} failed: {why}");

/// <summary>
/// Another process of this program. It lives as long as the pipe to its standard input does: closing it asks the child
/// to end, and it breaks by itself when this process is killed.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int LinesKept = 15;

    // A child has children of its own, and is given the time to end them in order.
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _lines = new();
    private bool _killed;

    private ChildProcess(string name, Process process, Action<string>? heard)
    {
        (Name, _process) = (name, process);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => OnExit();
        process.OutputDataReceived += (_, line) => Hear(line.Data, heard, isError: false);
        process.ErrorDataReceived += (_, line) => Hear(line.Data, heard, isError: true);
    }

    public string Name { get; }

    public int Pid { get; private set; }

    /// <summary>Completes when it has ended, for whatever reason.</summary>
    public Task Exited => _exited.Task;

    /// <summary>Whether it ended without being asked to.</summary>
    public bool Failed => _exited.Task.IsCompleted && !_killed;

    /// <summary>Starts it.</summary>
    /// <param name="name">For people.</param>
    /// <param name="arguments">A hidden subcommand of this program and its arguments.</param>
    /// <param name="heard">Gets every line it writes.</param>
    public static ChildProcess Start(string name, IEnumerable<string> arguments, Action<string>? heard = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Run as `dotnet Holdfast.Standalone.dll`, the path of this process is the runtime's.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // The runtime's diagnostics leave a socket in the temporary folder when their process is killed.
        start.Environment.TryAdd("DOTNET_EnableDiagnostics", "0");
        var child = new ChildProcess(name, new Process { StartInfo = start }, heard);
        child._process.Start();
        child.Pid = child._process.Id;
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Waits until it says that it works.</summary>
    /// <exception cref="ChildFailedException">It ended, or the time did; carries what it wrote last.</exception>
    public async Task<string> ReadyAsync(TimeSpan deadline, CancellationToken cancel)
    {
        try
        {
            return await _ready.Task.WaitAsync(deadline, cancel);
        }
        catch (TimeoutException)
        {
            throw new ChildFailedException(Name, $"not ready after {deadline.TotalSeconds:0} s. {LastWords()}");
        }
    }

    /// <summary>SIGKILL: nothing of it runs on, not even to say goodbye.</summary>
    public Task KillAsync()
    {
        _killed = true;
        _process.Kill();
        return Exited;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_exited.Task.IsCompleted)
        {
            _killed = true;
            try
            {
                _process.StandardInput.Close();
                await _exited.Task.WaitAsync(EndDeadline);
            }
            catch (Exception e) when (e is TimeoutException or IOException)
            {
                _process.Kill();
                await _exited.Task;
            }
        }

        _process.Dispose();
    }

    /// <summary>What it wrote last, for a message about its end.</summary>
    public string LastWords() => _lines.IsEmpty ? "It wrote nothing." : string.Join(Environment.NewLine, _lines);

    private void Hear(string? line, Action<string>? heard, bool isError)
    {
        if (line is null) return;
        if (!isError && line.StartsWith(ChildSide.ReadyWord, StringComparison.Ordinal))
        {
            _ready.TrySetResult(line[ChildSide.ReadyWord.Length..].Trim());
            return;
        }

        _lines.Enqueue(line);
        while (_lines.Count > LinesKept) _lines.TryDequeue(out _);
        heard?.Invoke(line);
    }

    private void OnExit()
    {
        // What it still wrote arrives before this returns.
        if (!_killed) _process.WaitForExit();
        _exited.TrySetResult();
        _ready.TrySetException(new ChildFailedException(Name, $"it ended. {LastWords()}"));
        // Nobody may wait for it any more; then there is nobody to tell.
        _ = _ready.Task.Exception;
    }
}
