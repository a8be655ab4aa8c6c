namespace Holdfast.Handoff.Service.Processes;

/// <summary>
/// What of the supervisor's own environment a daemon is given: what any program of this machine needs, and where to
/// send its telemetry. Named one by one, since a supervisor's settings and secrets may stand under any other name:
/// also under <c>DOTNET_</c>, from which a host reads its configuration, and in the headers and keys of an exporter.
/// </summary>
internal static class DaemonEnvironment
{
    private static readonly string[] Names =
    [
        "PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "DOTNET_RUNNING_IN_CONTAINER",
        "OTEL_SDK_DISABLED", "OTEL_PROPAGATORS", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
    ];

    private static readonly string[] Prefixes =
        ["LC_", "DOTNET_ROOT", "DOTNET_SYSTEM_", "DOTNET_GC", "DOTNET_EnableDiagnostics"];

    private static readonly string[] Signals = ["", "TRACES_", "METRICS_", "LOGS_"];

    /// <summary>Whether a variable goes along.</summary>
    public static bool IsInherited(string name, string value) =>
        Names.Contains(name, StringComparer.Ordinal) ||
        IsOfRuntime(name) ||
        Signals.Any(signal => name == $"OTEL_EXPORTER_OTLP_{signal}PROTOCOL") ||

        // An address may carry a name and a password.
        (Signals.Any(signal => name == $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT") &&
            !value.Contains('@', StringComparison.Ordinal));

    private static bool IsOfRuntime(string name) =>
        Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) &&
        !name.Contains("__", StringComparison.Ordinal);
}
