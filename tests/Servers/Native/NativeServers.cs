using System.Globalization;

namespace Holdfast.Servers.Native;

/// <summary>Servers of the distribution's packages, each with its own port and folder.</summary>
internal sealed partial class NativeServers(string reason) : IServers
{
    private const string RabbitMqScript = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    public string Description => $"native processes ({reason})";

    public Task<ITestServer> StartRabbitMqAsync(RabbitMqSettings? settings = null)
    {
        Demand(RabbitMqScript, "rabbitmq-server");
        var (folder, port) = (MakeFolder("rabbitmq"), FreePort.Next());
        File.WriteAllText(Path.Combine(folder, "enabled_plugins"), "[].\n");
        File.WriteAllLines(Path.Combine(folder, "rabbitmq.conf"),
        [
            "listeners.tcp.default = 127.0.0.1:" + port.ToString(CultureInfo.InvariantCulture),
            "vm_memory_high_watermark.absolute = 512MiB",
            "disk_free_limit.absolute = 8MB",
            .. DefinitionLines(folder, settings?.Definitions),
        ]);
        var cookie = Path.Combine(folder, ".erlang.cookie");
        File.WriteAllText(cookie, Guid.NewGuid().ToString("n"));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(cookie, UnixFileMode.UserRead);

        // Its own Erlang port mapper in the foreground, or a shared one would be left behind as a daemon.
        string[] command = ["sh", "-c", $"epmd -address 127.0.0.1 -port $ERL_EPMD_PORT & exec {RabbitMqScript}"];
        var rabbitMq = new NativeCommand("RabbitMQ", command, RabbitMqEnvironment(folder), ServerProbe.Amqp);
        return StartAsync(rabbitMq, folder, port);
    }

    public Task<ITestServer> StartRedisAsync(RedisSettings? settings = null)
    {
        Demand("/usr/bin/redis-server", "redis-server");
        settings ??= new RedisSettings();
        var (folder, port) = (MakeFolder("redis"), FreePort.Next());
        var configuration = Path.Combine(folder, "redis.conf");
        File.WriteAllLines(configuration,
        [
            "bind 127.0.0.1",
            "port " + port.ToString(CultureInfo.InvariantCulture),
            $"dir {folder}",
            .. settings.IsSentinel ? Array.Empty<string>() : ["save \"\""],

            // The usual place, 10,000 above, is beyond the last port for many a free one.
            .. settings.ConfigLines.Contains("cluster-enabled yes") ? [ClusterPort()] : Array.Empty<string>(),
            .. settings.Users.Select(user => $"user {user}"),
            .. settings.ConfigLines,
        ]);
        string[] command =
        [
            "redis-server", configuration, .. settings.IsSentinel ? ["--sentinel"] : Array.Empty<string>(),
        ];
        var redis = new NativeCommand("Redis", command, new Dictionary<string, string>(), ServerProbe.Redis);
        return StartAsync(redis, folder, port);
    }

    private static async Task<ITestServer> StartAsync(NativeCommand command, string folder, int port) =>
        await NativeServer.StartAsync(command, folder, port);

    private static string ClusterPort() => "cluster-port " + FreePort.Next().ToString(CultureInfo.InvariantCulture);

    private static string[] DefinitionLines(string folder, string? definitions)
    {
        if (definitions is null) return [];
        var file = Path.Combine(folder, "definitions.json");
        File.WriteAllText(file, definitions);
        return [$"load_definitions = {file}"];
    }

    private static Dictionary<string, string> RabbitMqEnvironment(string folder) => new(StringComparer.Ordinal)
    {
        ["HOME"] = folder,
        ["ERL_EPMD_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_NODENAME"] = $"holdfast-{Guid.NewGuid():n}@localhost",
        ["RABBITMQ_DIST_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "no-such-file"),
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"),
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(folder, "pid"),
        ["RABBITMQ_LOGS"] = "-",

        // Schedulers that do not spin: tests share few cores.
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+sbwt none +sbwtdcpu none +sbwtdio none",
    };

    private static string MakeFolder(string name)
    {
        var folder = Directory.CreateTempSubdirectory($"holdfast-{name}-").FullName;
        using var guard = typeof(NativeServers).Assembly.GetManifestResourceStream("guard.sh")
            ?? throw new InvalidOperationException("guard.sh is not in the assembly.");
        using var file = File.Create(Path.Combine(folder, "guard.sh"));
        guard.CopyTo(file);
        return folder;
    }

    private static void Demand(string file, string package)
    {
        if (File.Exists(file)) return;
        throw new InvalidOperationException($"{file} is missing; install it with: sudo apt-get install {package}");
    }
}
