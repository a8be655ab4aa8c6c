using System.Diagnostics;
using Holdfast.Servers;

namespace Holdfast.Processes;

/// <summary>A process of a test: what it says is kept, and nothing of it outlives the test.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Task _reading;

    private ChildProcess(string name, Process process, Action<string>? onOutput)
    {
        (Name, _process) = (name, process);
        _reading = Task.WhenAll(
            ReadAsync(process.StandardOutput, onOutput ?? Output.Add), ReadAsync(process.StandardError, Errors.Add));
    }

    public string Name { get; }

    /// <summary>Its lines, unless somebody else takes them.</summary>
    public Sightings<string> Output { get; } = new();

    public Sightings<string> Errors { get; } = new();

    public bool HasExited => _process.HasExited;

    public static ChildProcess Start(
        string name,
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        Action<string>? onOutput = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>()) start.Environment[key] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        return new ChildProcess(name, process, onOutput);
    }

    /// <summary>SIGKILL: no chance to say goodbye.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>SIGSTOP: it goes on existing and does nothing.</summary>
    public Task PauseAsync() => Suspension.BeginAsync(_process.Id);

    /// <summary>SIGCONT: it goes on where it was stopped.</summary>
    public void Resume() => Suspension.End(_process.Id);

    /// <summary>The exit code, once the process has ended and all it said was read.</summary>
    public async Task<int> ExitAsync(TimeSpan patience)
    {
        try
        {
            await Task.WhenAll(_process.WaitForExitAsync(), _reading).WaitAsync(patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{Name} did not end within {patience.TotalSeconds} s. {Said()}", late);
        }

        return _process.ExitCode;
    }

    /// <summary>The last lines of what it said, for a message of failure.</summary>
    public string Said() =>
        $"{Name} said:\n" + string.Join('\n', Output.All.Concat(Errors.All).TakeLast(40).Select(line => "  " + line));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) Kill();
        await ExitAsync(KillPatience);
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader from, Action<string> take)
    {
        while (await from.ReadLineAsync() is { } line) take(line);
    }
}
