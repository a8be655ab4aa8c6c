using System.Diagnostics;
using System.Text;
using DotNet.Testcontainers.Builders;

namespace Holdfast.Servers.Containers;

/// <summary>
/// Servers in containers. The images can be named by <c>HOLDFAST_RABBITMQ_IMAGE</c>, <c>HOLDFAST_REDIS_IMAGE</c> and
/// <c>HOLDFAST_POSTGRES_IMAGE</c>, for machines that have no registry but their own images.
/// </summary>
internal sealed class ContainerServers(string reason) : IServers
{
    private const int AmqpPort = 5672;
    private const int RedisPort = 6379;
    private const int PostgreSqlPort = 5432;
    private const string RabbitMqDefinitions = "/etc/rabbitmq/holdfast-definitions.json";
    private const string RedisConfiguration = "/etc/holdfast-redis.conf";

    public string Description => $"Testcontainers ({reason})";

    /// <summary>Why containers cannot be had; null when they can.</summary>
    public static string? WhyNot()
    {
#if TESTCONTAINERS
        return DockerAsync("info").WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult()
            ? null
            : "no container engine answers";
#else
        return "built without the package Testcontainers";
#endif
    }

    public async Task<ITestServer> StartRabbitMqAsync(RabbitMqSettings? settings = null)
    {
        var port = FreePort.Next();

        // The user guest may connect from outside the container.
        var lines = "loopback_users = none\n";
        var definitions = settings?.Definitions;
        if (definitions is not null) lines += $"load_definitions = {RabbitMqDefinitions}\n";
        var builder = new ContainerBuilder(Image("HOLDFAST_RABBITMQ_IMAGE", "rabbitmq:3.13"))
            .WithPortBinding(port, AmqpPort)
            .WithResourceMapping(Encoding.UTF8.GetBytes(lines), "/etc/rabbitmq/conf.d/90-holdfast.conf");
        if (definitions is not null)
            builder = builder.WithResourceMapping(Encoding.UTF8.GetBytes(definitions), RabbitMqDefinitions);
        return await ContainerServer.StartAsync(builder.Build(), port, ServerProbe.Amqp);
    }

    public async Task<ITestServer> StartRedisAsync(RedisSettings? settings = null)
    {
        settings ??= new RedisSettings();
        var port = FreePort.Next();
        string[] lines =
        [
            "bind 0.0.0.0",
            "protected-mode no",
            "save \"\"",
            .. settings.Users.Select(user => $"user {user}"),
            .. settings.ConfigLines,
        ];
        var container = new ContainerBuilder(Image("HOLDFAST_REDIS_IMAGE", "redis:7"))
            .WithPortBinding(port, RedisPort)
            .WithResourceMapping(Encoding.UTF8.GetBytes(string.Join('\n', lines)), RedisConfiguration)
            .WithCommand("redis-server", RedisConfiguration)
            .Build();
        return await ContainerServer.StartAsync(container, port, ServerProbe.Redis);
    }

    public async Task<ITestServer> StartPostgreSqlAsync()
    {
        var port = FreePort.Next();
        var container = new ContainerBuilder(Image("HOLDFAST_POSTGRES_IMAGE", "postgres:16"))
            .WithPortBinding(port, PostgreSqlPort)
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "trust")
            .Build();
        return await ContainerServer.StartAsync(container, port, ServerProbe.PostgreSql);
    }

    /// <summary>Runs the docker client; whether it succeeded.</summary>
    internal static async Task<bool> DockerAsync(params string[] arguments)
    {
        try
        {
            using var docker = Process.Start(new ProcessStartInfo("docker", arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (docker is null) return false;
            await docker.WaitForExitAsync();
            return docker.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Image(string variable, string usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? named : usual;
}
