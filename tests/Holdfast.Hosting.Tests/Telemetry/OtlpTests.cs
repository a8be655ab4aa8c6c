using System.Collections.Concurrent;
using System.Text;
using Holdfast.Hosting.Tests.Bus;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting.Tests.Telemetry;

public sealed class OtlpTests
{
    [Fact]
    public async Task Traces_metrics_and_logs_reach_the_collector_that_the_environment_names()
    {
        var received = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var quiet = WebApplication.CreateSlimBuilder();
        quiet.Logging.ClearProviders();
        await using var collector = quiet.Build();
        collector.Urls.Add("http://127.0.0.1:0");
        collector.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            var text = Encoding.Latin1.GetString(body.ToArray());
            received.AddOrUpdate(signal, text, (_, before) => before + text);
        });
        await collector.StartAsync();

        await RunServiceAsync(collector.Urls.First());

        received.Keys.Order(StringComparer.Ordinal).ShouldBe(["logs", "metrics", "traces"]);
        received["traces"].ShouldContain("GET /livez");
        received["traces"].ShouldContain("holdfast.peer-up publish");
        received["traces"].ShouldContain("holdfast-sample");
        received["metrics"].ShouldContain("holdfast.bus.publish.duration");
        received["metrics"].ShouldContain("http.server.request.duration");
        received["logs"].ShouldContain("a word of the service");
    }

    // Stopping flushes, so that everything has been sent when this returns.
    private static async Task RunServiceAsync(string collector)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["Node:Id"] = "n1",
            ["Node:Cluster"] = "east",
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Transport"] = "memory",
            ["urls"] = "http://127.0.0.1:0",
        });
        builder.Logging.ClearProviders();
        builder.AddHoldfastDefaults("sample");
        builder.AddHoldfastBus();
        await using var service = builder.Build();
        service.MapHoldfastDefaults();
        await service.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(service.Urls.First()) };
        await http.GetStringAsync("/livez");
        (await http.GetStringAsync("/readyz")).ShouldContain("\"ready\":true");
        var publisher = service.Services.GetRequiredService<IEventPublisher>();
        await publisher.PublishAsync(Sample.PeerUp("n1", 1), traceParent: null, CancellationToken.None);
        var loggers = service.Services.GetRequiredService<ILoggerFactory>();
        loggers.CreateLogger<OtlpTests>().LogInformation("a word of the service");
        await service.StopAsync();
    }
}
