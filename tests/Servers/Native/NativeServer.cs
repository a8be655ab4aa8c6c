using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Holdfast.Servers.Native;

/// <summary>What to run, and with what around it.</summary>
internal sealed record NativeCommand(
    string Name, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment, ServerProbe Probe)
{
    /// <summary>The signal that stops it in good order.</summary>
    public int StopSignal { get; init; } = UnixSignal.Terminate;
}

/// <summary>Signals on Linux: their numbers, and the call that sends them.</summary>
internal static class UnixSignal
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>0, or -1 and an errno; to a negative number it goes to that group of processes.</summary>
    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Send(int process, int signal);
}

/// <summary>
/// A server as a process group under a guard. Signals go to the group, and to processes that left it but work in a
/// folder inside the server's own, as those of PostgreSQL do.
/// </summary>
internal sealed class NativeServer : ITestServer
{
    private const int LogTailLines = 25;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    private readonly NativeCommand _command;
    private readonly string _folder;
    private Process? _guard;
    private int _group;

    private NativeServer(NativeCommand command, string folder, int port) =>
        (_command, _folder, Port) = (command, folder, port);

    public string Host => "127.0.0.1";

    public int Port { get; }

    public static async Task<NativeServer> StartAsync(NativeCommand command, string folder, int port)
    {
        var server = new NativeServer(command, folder, port);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task StopAsync()
    {
        if (_guard is null) return;

        // A paused process hears nothing else.
        Signal(UnixSignal.Continue);
        Signal(_command.StopSignal, wholeGroup: false);
        await WaitWhileAsync(() => Runs(_group));

        // What the server leaves behind, such as its port mapper.
        await KillAsync();
    }

    public async Task KillAsync()
    {
        Signal(UnixSignal.Kill);
        await WaitWhileAsync(AnyRuns);
        await EndAsync(keepFolder: true);
    }

    public Task PauseAsync()
    {
        Signal(UnixSignal.Stop);
        return Suspension.CompleteAsync(() => Own().All(Suspension.IsComplete), _command.Name);
    }

    public Task ResumeAsync()
    {
        Signal(UnixSignal.Continue);
        return Task.CompletedTask;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Signal(UnixSignal.Kill);
        await WaitWhileAsync(AnyRuns);
        await EndAsync(keepFolder: false);
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(_folder, "guard.sh"), _folder, .. _command.Command])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = _folder,
        };
        foreach (var (name, value) in _command.Environment) start.Environment[name] = value;
        _guard = Process.Start(start)
            ?? throw new InvalidOperationException($"{_command.Name} did not start.");
        var group = await _guard.StandardOutput.ReadLineAsync();
        _group = int.Parse(group ?? "0", CultureInfo.InvariantCulture);
        await _command.Probe.ServesAsync(Host, Port, () => !Runs(_group), LastWords);
    }

    // A killed process keeps its sockets until the kernel has taken it apart.
    private static async Task WaitWhileAsync(Func<bool> runs)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var start = Stopwatch.GetTimestamp();
        while (runs() && Stopwatch.GetElapsedTime(start) < StopPatience) await timer.WaitForNextTickAsync();
    }

    private bool AnyRuns() => Own().Any();

    private IEnumerable<int> Own() => Processes().Where(process => GroupOf(process) == _group || HasLeft(process));

    private static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(process => process > 0);

    private bool HasLeft(int process)
    {
        try
        {
            return Runs(process) &&
                new FileInfo($"/proc/{process}/cwd").LinkTarget is { } folder &&
                folder.StartsWith(_folder + "/", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool Runs(int process) => GroupOf(process) != 0;

    // /proc/N/stat: pid (name) state parent group ...; the name may have blanks. A zombie runs no more, once its other
    // threads have ended, too: one that waits for a disk keeps what the process has open, its port among it.
    private static int GroupOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var threads = int.Parse(fields[17], CultureInfo.InvariantCulture);
            return fields[0] is "Z" or "X" && threads <= 1 ? 0 : int.Parse(fields[2], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    // Closing its standard input is what the guard waits for; it kills what is left of the group.
    private async Task EndAsync(bool keepFolder)
    {
        if (_guard is not { } guard) return;
        _guard = null;
        if (keepFolder) await guard.StandardInput.WriteLineAsync("keep");
        guard.StandardInput.Close();
        await guard.WaitForExitAsync();
        guard.Dispose();
    }

    private void Signal(int signal, bool wholeGroup = true)
    {
        if (_guard is null || _group == 0) return;

        // Just started it may not have made its group yet. What ended by itself cannot be signalled, and need not be.
        if (!wholeGroup || UnixSignal.Send(-_group, signal) != 0) _ = UnixSignal.Send(_group, signal);
        if (!wholeGroup) return;
        foreach (var process in Processes().Where(HasLeft)) _ = UnixSignal.Send(process, signal);
    }

    private string LastWords()
    {
        var log = Path.Combine(_folder, "server.log");
        var lines = File.Exists(log) ? File.ReadLines(log).TakeLast(LogTailLines) : [];
        return $"{_command.Name} said:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
    }
}
