using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Guards.Tests;

/// <summary>A real application on loopback, and a client of it.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestApp(WebApplication app, HttpClient http) => (_app, Http) = (app, http);

    public HttpClient Http { get; }

    public string Url => _app.Urls.Single();

    /// <param name="map">Its endpoints.</param>
    /// <param name="handler">What the client's requests go through, given what sends them.</param>
    public static async Task<TestApp> StartAsync(
        Action<WebApplication> map, Func<HttpMessageHandler, HttpMessageHandler>? handler = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        HttpMessageHandler sender = new SocketsHttpHandler();
        var http = new HttpClient(handler?.Invoke(sender) ?? sender) { BaseAddress = new Uri(app.Urls.Single()) };
        return new TestApp(app, http);
    }

    /// <summary>The body of a refusal, which must be problem+json.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        using var document = JsonDocument.Parse(
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
