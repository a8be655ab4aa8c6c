using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Holdfast.Client.Handoff;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>
/// What a supervisor holds for a daemon: the listener, which never closes, the data directory, the control path. It
/// starts the counter as a supervisor would, with descriptors from 3 on.
/// </summary>
internal sealed class DaemonNest : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private const int DescriptorFlags = 2;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<DaemonRun> _runs = [];
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-daemon-").FullName;

    public DaemonNest()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

    public string ControlPath => Path.Combine(_folder, "control");

    public string Data => Path.Combine(_folder, "data");

    public string EpochFile => Path.Combine(_folder, "epoch");

    /// <summary>More variables for the processes started from now on.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["HandoffDaemon__Timings__Heartbeat"] = "00:00:00.200",
        ["HandoffDaemon__Timings__Liveness"] = "00:00:03",
        ["HandoffDaemon__IdleClose"] = "00:00:00.200",
        ["Logging__LogLevel__Microsoft.Hosting"] = "Warning",
    };

    public DaemonRun StartCold(string build) => Start(build, null);

    /// <summary>Replaces the epoch file as a whole, as a supervisor does.</summary>
    public void WriteEpoch(string epoch)
    {
        File.WriteAllText(EpochFile + ".new", epoch + "\n");
        File.Move(EpochFile + ".new", EpochFile, overwrite: true);
    }

    /// <summary>Starts a successor; the stream is the supervisor's end.</summary>
    public (DaemonRun Run, HandoffStream Link) StartSuccessor(string build)
    {
        var ends = new int[2];
        SocketPair(1, 1, 0, ends).ShouldBe(0);
        var run = Start(build, ends[1]);
        Close(ends[1]).ShouldBe(0);
        return (run, HandoffStream.Inherited(ends[0]));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs) await run.DisposeAsync();
        _listener.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private DaemonRun Start(string build, int? successorEnd)
    {
        var listener = (int)_listener.SafeHandle.DangerousGetHandle();

        // Inherited by the shell, which puts each where the protocol wants it and closes the rest.
        var moves = Invariant($"3<&{listener} {listener}<&-");
        Control(listener, DescriptorFlags, 0).ShouldBe(0);
        if (successorEnd is { } end) moves += Invariant($" 4<&{end} {end}<&-");
        var start = new ProcessStartInfo("/bin/bash")
        {
            ArgumentList = { "-c", $"exec dotnet \"$0\" {moves}", CounterProgram },
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["LISTEN_FDS"] = "1";
        start.Environment["LISTEN_FDNAMES"] = "http";
        start.Environment[HandoffEnvironment.BuildVariable] = build;
        start.Environment[HandoffEnvironment.ControlPathVariable] = ControlPath;
        start.Environment[HandoffEnvironment.DataVariable] = Data;
        if (File.Exists(EpochFile)) start.Environment[HandoffEnvironment.EpochFileVariable] = EpochFile;
        if (successorEnd is not null)
        {
            start.Environment["HANDOFF_ROLE"] = "successor";
            start.Environment["HANDOFF_SOCK_FD"] = "4";
        }

        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var run = new DaemonRun(start);
        Control(listener, DescriptorFlags, 1).ShouldBe(0);
        _runs.Add(run);
        return run;
    }

    private static string CounterProgram => Path.Combine(AppContext.BaseDirectory, "Holdfast.Counter.dll");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [DllImport("libc", EntryPoint = "socketpair")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SocketPair(int domain, int type, int protocol, int[] ends);

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, int command, int argument);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
