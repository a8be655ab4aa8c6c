using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Holdfast.Standalone.Tests;

/// <summary>
/// The program itself, started as a person would, with a temporary folder of its own, so that what it leaves behind
/// can be seen.
/// </summary>
internal sealed class ProgramRun : IAsyncDisposable
{
    public const int Sigint = 2;
    public const int Sigkill = 9;
    public const int Sigterm = 15;

    private readonly Process _process;
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("standalone-test-").FullName;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public ProgramRun(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(CommandLine).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["TMPDIR"] = _folder;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IReadOnlyList<string> Output => [.. _output];

    public string Errors => string.Join('\n', _errors);

    /// <summary>Files and folders it made and did not take away.</summary>
    public IReadOnlyList<string> LeftFiles =>
        [.. System.IO.Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories)];

    /// <summary>Processes that were told of a file in its folder, itself apart.</summary>
    public IReadOnlyList<int> LeftProcesses =>
    [
        .. System.IO.Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != _process.Id && CommandOf(pid).Contains(_folder, StringComparison.Ordinal)),
    ];

    /// <summary>The next line of its output that fits; fails when it ends or the time does.</summary>
    public async Task<string> LineAsync(string what, TimeSpan deadline)
    {
        using var late = new CancellationTokenSource(deadline);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(late.Token))
            {
                if (line.Contains(what, StringComparison.Ordinal)) return line;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"No line with '{what}' within {deadline}. {Story}", e);
        }

        throw new InvalidOperationException($"It ended without a line with '{what}'. {Story}");
    }

    public async Task<int> ExitCodeAsync(TimeSpan deadline)
    {
        using var late = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(late.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"It did not end within {deadline}. {Story}", e);
        }
    }

    public void Signal(int signal) => Kill(_process.Id, signal).ShouldBe(0);

    public string Story => $"Output:\n{string.Join('\n', _output.TakeLast(30))}\nErrors:\n{Errors}";

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            _lines.Writer.TryComplete();
            return;
        }

        _output.Enqueue(line);
        _lines.Writer.TryWrite(line);
    }

    private static string CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            // It has ended since it was listed.
            return "";
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}

/// <summary>Whole runs need the machine for themselves: their proofs are about time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeRuns
{
    public const string Name = "whole runs";
}
