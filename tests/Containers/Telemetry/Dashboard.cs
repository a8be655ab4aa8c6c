using System.Text.Json;
using Holdfast.Containers.Compose;
using Holdfast.Integration;

namespace Holdfast.Containers.Telemetry;

/// <summary>The dashboard of the profile <c>observability</c>, as its stand-in tells what arrived.</summary>
internal sealed class Dashboard : IDisposable
{
    private static readonly string[] Signals = ["traces", "metrics", "logs"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly HttpClient _http;

    private Dashboard(Uri address) => _http = new HttpClient { BaseAddress = address };

    /// <summary>Starts it if it does not run, and waits until its page answers.</summary>
    public static async Task<Dashboard> StartAsync(ComposeSet set)
    {
        var dashboard = new Dashboard(await set.DashboardAsync());
        await Eventually.SeesAsync(
            "the dashboard's page", cancel => dashboard._http.GetStringAsync("/", cancel), _ => true, Patience);
        return dashboard;
    }

    /// <summary>Waits until traces, metrics and logs of each of these services arrived.</summary>
    public async Task ReceivesAllOfAsync(params string[] services) => await Eventually.SeesAsync(
        $"{string.Join(", ", Signals)} of {string.Join(", ", services)}",
        cancel => GetAsync("/api/services", cancel),
        seen => services.All(service => Signals.All(signal => seen.EnumerateArray().Any(
            entry => ServiceOf(entry) == service && entry.GetProperty(signal).GetInt64() > 0))),
        Patience);

    /// <summary>Waits until each of these services has a span in a trace.</summary>
    public async Task ShowsTraceAsync(string trace, params string[] services) => await Eventually.SeesAsync(
        $"spans of {string.Join(", ", services)} in trace {trace}",
        cancel => GetAsync($"/api/spans?trace={trace}", cancel),
        spans => services.All(service => spans.EnumerateArray().Any(span => ServiceOf(span) == service)),
        Patience);

    public void Dispose() => _http.Dispose();

    // The name of a service without that of its instance.
    private static string ServiceOf(JsonElement entry) =>
        (entry.GetProperty("service").GetString() ?? "").Split('/')[0];

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(path, cancel));
        return document.RootElement.Clone();
    }
}
