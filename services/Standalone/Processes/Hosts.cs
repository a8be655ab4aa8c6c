using Holdfast.Hosting;
using Microsoft.Extensions.Logging.Console;

namespace Holdfast.Standalone.Processes;

/// <summary>
/// Makes the hosts of a process: several services live in one process here, each a host of its own with its own
/// configuration, and none listens to signals or reads settings that were meant for another.
/// </summary>
internal static class Hosts
{
    private const string TelemetryPrefix = "OTEL_";

    /// <summary>A host that is configured by nothing but <paramref name="settings"/>.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="port">Its HTTP port on loopback.</param>
    /// <param name="settings">Its configuration, by key.</param>
    /// <param name="telemetry">Whether it brings the telemetry of the whole process.</param>
    /// <param name="quiet">Whether its log goes nowhere (but to OpenTelemetry, where that is set).</param>
    public static WebApplicationBuilder NewBuilder(
        string service,
        int port,
        IReadOnlyDictionary<string, string?> settings,
        bool telemetry = false,
        bool quiet = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(FromEnvironment());
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        if (!quiet) LogToStandardError(builder.Logging);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.AddHoldfastDefaults(service, telemetry);
        return builder;
    }

    /// <summary>Standard output is for what people and programs asked for.</summary>
    public static void LogToStandardError(ILoggingBuilder logging)
    {
        logging.Services.Configure<ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
    }

    /// <summary>
    /// Starts a host; disposing of the result stops it first, as disposing of the host itself does not.
    /// </summary>
    public static async Task<RunningHost> RunAsync(WebApplication app)
    {
        var running = new RunningHost(app);
        try
        {
            await app.StartAsync();
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    private static Dictionary<string, string?> FromEnvironment() =>
        Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith(TelemetryPrefix, StringComparison.Ordinal))
            .ToDictionary(name => name, Environment.GetEnvironmentVariable, StringComparer.Ordinal);

    /// <summary>The process decides when its hosts end, not each host by itself.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>A host that runs until it is disposed of.</summary>
internal sealed class RunningHost(WebApplication app) : IAsyncDisposable
{
    public IServiceProvider Services => app.Services;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await app.StopAsync();
        }
        catch (OperationCanceledException)
        {
            // Some part took longer than the host's ShutdownTimeout. Disposing waits for what must not be cut short.
        }

        await app.DisposeAsync();
    }
}
