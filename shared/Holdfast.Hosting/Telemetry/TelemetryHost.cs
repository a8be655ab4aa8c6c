using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Holdfast.Hosting;

/// <summary>
/// Builds the providers when the host starts and flushes them when it stops: what OpenTelemetry.Extensions.Hosting
/// does, without the package. The tracer provider exists even where nothing is exported, because trace ids are part
/// of what Holdfast promises: they travel in fences, in the directory and in event headers.
/// </summary>
internal sealed class TelemetryHost(OtlpSignals signals, ResourceBuilder resource, IConfiguration configuration)
    : IHostedService, IDisposable
{
    private static readonly string[] Sources =
        ["Holdfast.*", "MassTransit", "Microsoft.AspNetCore", "System.Net.Http"];

    private static readonly string[] Meters =
    [
        "Holdfast.*", "MassTransit", "System.Runtime", "System.Net.Http", "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.RateLimiting", "Microsoft.AspNetCore.Diagnostics",
    ];

    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The host's configuration has the environment in it, and whatever else the host reads.
        var traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(resource)
            .AddSource(Sources);
        _traces = (signals.Traces ? traces.AddOtlpExporter() : traces).Build();
        if (signals.Metrics)
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration))
                .SetResourceBuilder(resource)
                .AddMeter(Meters)
                .AddOtlpExporter()
                .Build();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        // Each flushes within its own bounded time.
        _traces?.Dispose();
        _metrics?.Dispose();
        _traces = null;
        _metrics = null;
    }
}
