using Holdfast.Handoff.Service.Processes;

namespace Holdfast.Handoff.Service.Tests;

public sealed class DaemonEnvironmentTests
{
    [Theory]
    [InlineData("PATH", "/usr/bin")]
    [InlineData("LC_ALL", "C.UTF-8")]
    [InlineData("SSL_CERT_FILE", "/etc/ssl/ca.pem")]
    [InlineData("DOTNET_ROOT", "/usr/share/dotnet")]
    [InlineData("DOTNET_ROOT_X64", "/usr/share/dotnet")]
    [InlineData("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")]
    [InlineData("DOTNET_gcServer", "0")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")]
    [InlineData("OTEL_TRACES_SAMPLER", "always_on")]
    public void What_any_program_needs_goes_along(string name, string value) =>
        DaemonEnvironment.IsInherited(name, value).ShouldBeTrue();

    [Theory]
    [InlineData("Bus__PasswordFile", "/run/secrets/bus")]
    [InlineData("DOTNET_Bus__PasswordFile", "/run/secrets/bus")]
    [InlineData("DOTNET_GC__Secret", "x")]
    [InlineData("DOTNET_URLS", "http://+:8080")]
    [InlineData("DOTNET_STARTUP_HOOKS", "/app/hook.dll")]
    [InlineData("ASPNETCORE_URLS", "http://+:8080")]
    [InlineData("SSL_KEY_PASSWORD", "x")]
    [InlineData("OTEL_SERVICE_NAME", "handoff")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=1")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-api-key=1")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/run/secrets/key.pem")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://name:password@collector:4317")]
    [InlineData("AWS_SECRET_ACCESS_KEY", "x")]
    public void None_of_the_supervisors_settings_and_secrets_does(string name, string value) =>
        DaemonEnvironment.IsInherited(name, value).ShouldBeFalse();
}
