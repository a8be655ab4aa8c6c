using System.Net.Http.Headers;
using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Standalone.Hub;

/// <summary>The way to the bus for a process that has none: HTTP to the hub.</summary>
internal sealed class HubEventPublisher : IEventPublisher, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);
    private readonly HttpClient _http;

    public HubEventPublisher(Uri hub, string tokenFile)
    {
        _http = new HttpClient { BaseAddress = hub, Timeout = Deadline };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", File.ReadAllText(tokenFile).Trim());
    }

    public async Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel)
    {
        var body = new PublishRequest(
            message.GetType().Name,
            traceParent ?? System.Diagnostics.Activity.Current?.Id,
            JsonSerializer.SerializeToElement(message, message.GetType(), ContractJson.Options));
        using var response = await _http.PostAsJsonAsync("/v1/events", body, ContractJson.Options, cancel);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                $"The hub did not take {body.Type}: {await response.Content.ReadAsStringAsync(cancel)}",
                inner: null,
                response.StatusCode);
        }
    }

    public void Dispose() => _http.Dispose();
}
