using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client.Tests;

/// <summary>A request as a voter saw it, with the path as it was sent.</summary>
internal sealed record Seen(string Method, string Path, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>A real HTTP server on loopback that answers as the test says, and remembers what it was asked.</summary>
internal sealed class ScriptedVoter : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Seen> _seen = Channel.CreateUnbounded<Seen>();
    private volatile Func<Seen, HttpContext, Task> _answer;

    private ScriptedVoter(WebApplication app, Func<Seen, HttpContext, Task> answer) => (_app, _answer) = (app, answer);

    public string Url => _app.Urls.Single();

    public ConcurrentQueue<Seen> Requests { get; } = new();

    public static async Task<ScriptedVoter> StartAsync(Func<Seen, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var voter = new ScriptedVoter(app, answer);
        app.Run(voter.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return voter;
    }

    /// <summary>From now on it answers so.</summary>
    public void Become(Func<Seen, HttpContext, Task> answer) => _answer = answer;

    /// <summary>The next request not yet asked for that fits; after ten seconds it says what was missing.</summary>
    public async Task<Seen> NextAsync(string what, Func<Seen, bool>? wanted = null)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            while (true)
            {
                var seen = await _seen.Reader.ReadAsync(deadline.Token);
                if (wanted is null || wanted(seen)) return seen;
            }
        }
        catch (OperationCanceledException e)
        {
            var paths = string.Join(", ", Requests.Select(request => $"{request.Method} {request.Path}"));
            throw new TimeoutException($"No {what} within 10 s; seen: {paths}", e);
        }
    }

    /// <summary>What was asked so far is not waited for any more.</summary>
    public void ForgetSeen()
    {
        while (_seen.Reader.TryRead(out _))
        {
            // Emptying is all there is to do.
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var seen = new Seen(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            await reader.ReadToEndAsync(context.RequestAborted),
            context.Request.Headers.ToDictionary(
                header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(seen);
        await _answer(seen, context);
        _seen.Writer.TryWrite(seen);
    }
}

/// <summary>Answers a scripted voter gives.</summary>
internal static class Says
{
    public static Func<Seen, HttpContext, Task> Json(object body) => (_, context) =>
        context.Response.WriteAsJsonAsync(body, context.RequestAborted);

    public static Func<Seen, HttpContext, Task> Problem(
        int status, string code, string? leader = null, string? holder = null) =>
        (_, context) =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsJsonAsync(
                new { code, detail = $"because of {code}", leader, holder },
                options: null,
                "application/problem+json",
                context.RequestAborted);
        };

    public static Task Nothing(Seen seen, HttpContext context) =>
        Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
}
