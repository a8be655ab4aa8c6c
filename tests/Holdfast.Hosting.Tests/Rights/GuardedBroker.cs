using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Holdfast.Hosting.Tests.Bus;
using Holdfast.Hosting.Tests.Rights;
using Holdfast.Servers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

[assembly: AssemblyFixture(typeof(GuardedBroker))]

namespace Holdfast.Hosting.Tests.Rights;

/// <summary>A broker with the users, rights and exchanges that deploy/secrets.sh makes for the compose set.</summary>
public sealed class GuardedBroker : IAsyncDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly string _secrets = System.IO.Directory.CreateTempSubdirectory("holdfast-rights-").FullName;
    private readonly Lazy<Task<ITestServer>> _server;

    public GuardedBroker() => _server = new Lazy<Task<ITestServer>>(StartAsync);

    /// <summary>A bus as one of the roles.</summary>
    internal async Task<EventBus> OpenAsync(string role, ILoggerFactory? loggers = null) =>
        EventBus.Open(await OptionsAsync(role), loggers ?? NullLoggerFactory.Instance);

    internal async Task<BusOptions> OptionsAsync(string role) =>
        Broker.OptionsOf(await _server.Value) with { Username = role, Password = Secret(role) };

    /// <summary>An ordinary AMQP client as one of the roles.</summary>
    internal async Task<IConnection> ConnectAsync(string role)
    {
        var server = await _server.Value;
        var factory = new ConnectionFactory
        {
            HostName = server.Host,
            Port = server.Port,
            UserName = role,
            Password = Secret(role),
        };
        return await factory.CreateConnectionAsync(CancellationToken.None);
    }

    /// <summary>Runs a script of tests/Containers/Bus as one of the roles; returns its lines, each a pair.</summary>
    internal async Task<IReadOnlyList<(string Key, JsonElement Value)>> RunAsync(
        string script, string role, params string[] arguments)
    {
        var server = await _server.Value;
        var url = $"amqp://{role}:{Secret(role)}@{server.Host}:{server.Port}/%2f";
        var file = Path.Combine(AppContext.BaseDirectory, "Rights", script);
        var said = await RunAsync(Python, [file, url, .. arguments]);
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

        static (string Key, JsonElement Value) Parse(string line)
        {
            using var pair = JsonDocument.Parse(line);
            return (pair.RootElement[0].GetString() ?? "", pair.RootElement[1].Clone());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
        System.IO.Directory.Delete(_secrets, recursive: true);
    }

    private string Secret(string role) => File.ReadAllText(Path.Combine(_secrets, $"bus-{role}"));

    private async Task<ITestServer> StartAsync()
    {
        await RunAsync("bash", [Path.Combine(Root(), "deploy", "secrets.sh")], ("HOLDFAST_SECRETS", _secrets));
        var definitions = await File.ReadAllTextAsync(Path.Combine(_secrets, "rabbitmq-definitions.json"));
        return await TestServers.Current.StartRabbitMqAsync(new RabbitMqSettings { Definitions = definitions });
    }

    private static async Task<string> RunAsync(
        string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? said
            : throw new InvalidOperationException($"{program} {arguments[0]} ended with {process.ExitCode}: {said}");
    }

    private static string Root([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));
}
