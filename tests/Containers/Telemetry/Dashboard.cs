using System.Text.Json;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Telemetry;

/// <summary>
/// The dashboard of the profile <c>observability</c>, as its stand-in tells what arrived. The real one keeps that for
/// its page: there only the page is asked for.
/// </summary>
internal sealed class Dashboard : IDisposable
{
    /// <summary>What deploy/airgapped/base-images.sh marks its images with.</summary>
    private const string StandInLabel = "io.holdfast.airgapped";

    private static readonly string[] Signals = ["traces", "metrics", "logs"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly HttpClient _http;
    private readonly bool _tells;

    private Dashboard(Uri address, bool tells) =>
        (_http, _tells) = (new HttpClient { BaseAddress = address }, tells);

    /// <summary>Starts it if it does not run, and waits until its page answers.</summary>
    public static async Task<Dashboard> StartAsync(ComposeSet set)
    {
        var address = await set.DashboardAsync();
        var label = await Engine.DockerAsync(
            "container", "inspect", "--format", "{{index .Config.Labels \"" + StandInLabel + "\"}}",
            await set.ContainerAsync(ComposeFile.Dashboard));
        var dashboard = new Dashboard(address, tells: label.Output.Trim().Length > 0);
        await Eventually.SeesAsync(
            "the dashboard's page", cancel => dashboard._http.GetStringAsync("/", cancel), _ => true, Patience);
        return dashboard;
    }

    /// <summary>Waits until traces, metrics and logs of each of these services arrived.</summary>
    public Task ReceivesAllOfAsync(params string[] services) => TellsAsync(
        $"{string.Join(", ", Signals)} of {string.Join(", ", services)}",
        "/api/services",
        seen => services.All(service => Signals.All(signal => seen.EnumerateArray().Any(
            entry => ServiceOf(entry) == service && entry.GetProperty(signal).GetInt64() > 0))));

    /// <summary>Waits until each of these services has a span in a trace.</summary>
    public Task ShowsTraceAsync(string trace, params string[] services) => TellsAsync(
        $"spans of {string.Join(", ", services)} in trace {trace}",
        $"/api/spans?trace={trace}",
        spans => services.All(service => spans.EnumerateArray().Any(span => ServiceOf(span) == service)));

    public void Dispose() => _http.Dispose();

    private async Task TellsAsync(string what, string path, Predicate<JsonElement> fits)
    {
        if (_tells) await Eventually.SeesAsync(what, cancel => GetAsync(path, cancel), fits, Patience);
        else Console.WriteLine($"Not asked of the dashboard: {what}. Its image lacks the label {StandInLabel}.");
    }

    // The name of a service without that of its instance.
    private static string ServiceOf(JsonElement entry) =>
        (entry.GetProperty("service").GetString() ?? "").Split('/')[0];

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(path, cancel));
        return document.RootElement.Clone();
    }
}
