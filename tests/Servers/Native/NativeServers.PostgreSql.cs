using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Servers.Native;

/// <summary>PostgreSQL, which runs as root for nobody.</summary>
internal sealed partial class NativeServers
{
    private const string PostgreSqlVersions = "/usr/lib/postgresql";
    private const string PostgreSqlUser = "postgres";

    public async Task<ITestServer> StartPostgreSqlAsync()
    {
        var programs = PostgreSqlPrograms();
        var (folder, port) = (MakeFolder("postgresql"), FreePort.Next());
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        if (IsRoot) await GiveAwayAsync(folder);
        await RunAsync(AsUser(
            Path.Combine(programs, "initdb"),
            "--pgdata", data, "--username", PostgreSqlUser, "--auth", "trust", "--no-sync",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions"));
        var command = AsUser(
            Path.Combine(programs, "postgres"),
            "-D", data,
            "-p", port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1",
            "-c", $"unix_socket_directories={folder}",
            "-c", "shared_buffers=16MB");
        var postgreSql = new NativeCommand(
            "PostgreSQL", command, new Dictionary<string, string>(), ServerProbe.PostgreSql)
        {
            // The gentler signal waits for clients to leave, and pools never do.
            StopSignal = UnixSignal.Interrupt,
        };
        return await StartAsync(postgreSql, folder, port);
    }

    private static bool IsRoot => Environment.UserName == "root";

    private static string PostgreSqlPrograms()
    {
        var newest = Directory.Exists(PostgreSqlVersions)
            ? Directory.GetDirectories(PostgreSqlVersions)
                .Where(version => File.Exists(Path.Combine(version, "bin", "postgres")))
                .OrderBy(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0)
                .LastOrDefault()
            : null;
        Demand(Path.Combine(newest ?? PostgreSqlVersions, "bin", "postgres"), "postgresql");
        return Path.Combine(newest!, "bin");
    }

    /// <summary>The command, as the package's own user where this is root.</summary>
    private static string[] AsUser(params string[] command) => IsRoot
        ? ["setpriv", "--reuid", PostgreSqlUser, "--regid", PostgreSqlUser, "--clear-groups", .. command]
        : command;

    private static Task GiveAwayAsync(string folder) =>
        RunAsync(["chown", "--recursive", $"{PostgreSqlUser}:{PostgreSqlUser}", folder]);

    private static async Task RunAsync(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ??
            throw new InvalidOperationException($"{command[0]} did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode == 0) return;
        throw new InvalidOperationException(
            $"{string.Join(' ', command)} ended with {process.ExitCode}: {await output}{await errors}");
    }
}
