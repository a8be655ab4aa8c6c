using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace Holdfast.Hosting;

/// <summary>
/// OpenTelemetry for a process: traces, metrics and logs over OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> (or the
/// one of a signal) is set. The other <c>OTEL_*</c> variables are honoured by the SDK.
/// </summary>
internal static class TelemetryExtensions
{
    public static void AddTelemetry(this WebApplicationBuilder builder, string service, NodeOptions node)
    {
        // ASP.NET Core names its request spans as OpenTelemetry wants only when this is off.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var signals = new OtlpSignals(builder.Configuration);
        var resource = ResourceBuilder.CreateDefault()
            .AddService($"holdfast-{service}", serviceInstanceId: node.Id.Value)
            .AddAttributes([new("holdfast.node", node.Id.Value), new("holdfast.cluster", node.Cluster.Value)])
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        builder.Services.AddHostedService(_ => new TelemetryHost(signals, resource, builder.Configuration));
        if (!signals.Logs) return;
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.SetResourceBuilder(resource);
            logging.AddOtlpExporter();
        });
    }
}

/// <summary>Which signals have somewhere to go.</summary>
internal sealed class OtlpSignals(IConfiguration configuration)
{
    public bool Traces { get; } = IsOn(configuration, "TRACES");

    public bool Metrics { get; } = IsOn(configuration, "METRICS");

    public bool Logs { get; } = IsOn(configuration, "LOGS");

    private static bool IsOn(IConfiguration configuration, string signal) =>
        !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase) &&
        !string.Equals(configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase) &&
        (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]) ||
            !string.IsNullOrEmpty(configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"]));
}
