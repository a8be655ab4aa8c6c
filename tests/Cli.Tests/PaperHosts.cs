using System.Net.Sockets;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Cli.Tests;

/// <summary>
/// One small HTTP server that plays every host of an installation, each under its own name: what it answers are the
/// records of the contracts, as the services write them. A name that nobody plays refuses connections.
/// </summary>
internal sealed class PaperHosts : IAsyncDisposable
{
    private readonly Dictionary<string, Func<HttpContext, Task<IResult>>> _answers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hosts = new(StringComparer.Ordinal);
    private readonly List<string> _changes = [];
    private WebApplication? _app;

    /// <summary>The changes that were asked for, each with its body and its token.</summary>
    public IReadOnlyList<string> Changes => _changes;

    public PaperHosts Answers<T>(string host, string path, T answer) => Plays(host, path, _ => Results.Ok(answer));

    public PaperHosts Plays(string host, string path, Func<HttpContext, IResult> answer)
    {
        _hosts.Add(host);
        _answers[$"{host} {path}"] = context => Task.FromResult(answer(context));
        return this;
    }

    public PaperHosts IsReady(string host, string service) => Answers(
        host, "/readyz", new ReadinessAnswer { Service = service, Ready = true, WaitsFor = [], Warnings = [] });

    public static IResult Problem(int status, string code, string detail) => Results.Problem(
        detail, statusCode: status, extensions: new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["code"] = code,
        });

    /// <summary>Adds what a test wants to serve by itself, under the name <paramref name="host"/>.</summary>
    public async Task StartAsync(string? host = null, Action<WebApplication>? map = null)
    {
        if (_app is not null) return;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(options =>
            options.SerializerOptions.DefaultIgnoreCondition = ContractJson.Options.DefaultIgnoreCondition);
        _app = builder.Build();
        map?.Invoke(_app);
        if (host is not null) _hosts.Add(host);
        _app.MapFallback("{**path}", (Delegate)AnswerAsync);
        await _app.StartAsync();
    }

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        if (!_hosts.Contains(context.DnsEndPoint.Host)) throw new SocketException((int)SocketError.ConnectionRefused);
        var addresses = _app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", new Uri(addresses.Addresses.Single()).Port, cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }

    private async Task<IResult> AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Method != HttpMethods.Get)
        {
            request.EnableBuffering();
            var body = await new StreamReader(request.Body).ReadToEndAsync(context.RequestAborted);
            lock (_changes)
            {
                _changes.Add($"{request.Method} {request.Host.Host}{request.Path} {body} " +
                    $"({(request.Headers.Authorization is [{ } token] ? token : "no token")})");
            }
        }

        return _answers.TryGetValue($"{request.Host.Host} {request.Path.Value}", out var answer)
            ? await answer(context)
            : Problem(404, ProblemCodes.NotFound, $"{request.Path} is not served here.");
    }
}
