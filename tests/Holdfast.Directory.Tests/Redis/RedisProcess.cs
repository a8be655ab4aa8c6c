using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>A redis-server of this test run's own: a free port, a folder under the temp folder, nothing kept.</summary>
public sealed class RedisProcess : IAsyncLifetime
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(20);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-redis-").FullName;
    private Process? _process;
    private ConnectionMultiplexer? _admin;

    public int Port { get; } = FreePort();

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public async ValueTask InitializeAsync() => await StartAsync();

    /// <summary>Starts the server with users of an access list, one a line.</summary>
    public async Task StartWithUsersAsync(params string[] users)
    {
        var file = Path.Combine(_folder, "users.acl");
        await File.WriteAllLinesAsync(file, users);
        await StartAsync("--aclfile", file);
    }

    /// <summary>Starts the server and waits until it says that it takes connections.</summary>
    public async Task StartAsync(params string[] more)
    {
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder,
            "--save", "", "--appendonly", "no", .. more,
        ];
        var ready = new TaskCompletionSource();
        var start = new ProcessStartInfo("redis-server", arguments)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start.");
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) == true)
                ready.TrySetResult();
        };
        _process.BeginOutputReadLine();
        await ready.Task.WaitAsync(StartMax);
    }

    /// <summary>A connection that may do everything.</summary>
    public async Task<ConnectionMultiplexer> AdminAsync() =>
        _admin ??= await ConnectionMultiplexer.ConnectAsync($"{Endpoint},allowAdmin=true");

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public Task PauseAsync() => SignalAsync("-STOP");

    public Task ResumeAsync() => SignalAsync("-CONT");

    public async ValueTask DisposeAsync()
    {
        // Dispose alone waits a second for commands that nobody sent.
        if (_admin is not null) await _admin.CloseAsync(allowCommandsToComplete: false);
        await KillAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
