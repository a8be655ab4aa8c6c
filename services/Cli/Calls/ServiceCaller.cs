using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Holdfast.Cli.Settings;
using Holdfast.Client;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Calls;

/// <summary>
/// Asks single services, each within the timeout, and takes their word: what could not be reached is part of what a
/// person must know, so nobody is asked in another's place.
/// </summary>
internal sealed class ServiceCaller : IDisposable
{
    private readonly HttpClient _http;
    private readonly BearerTokenFile _bearer;
    private readonly TimeSpan _timeout;

    public ServiceCaller(ToolSettings settings, Surroundings around)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = around.Connect,
            SslOptions = ClientTls.Of(ConsensusOf(settings))?.Options() ?? new(),
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _bearer = new BearerTokenFile(settings.TokenFile);
        _timeout = settings.Timeout;
    }

    /// <summary>The same settings for the client of Consensus.</summary>
    public static ConsensusClientOptions ConsensusOf(ToolSettings settings) => new()
    {
        Endpoints = [.. settings.Consensus.Select(address => address.ToString())],
        TokenFile = settings.TokenFile,
        AuthorityFile = settings.AuthorityFile,
        CertificateFile = settings.CertificateFile,
        KeyFile = settings.KeyFile,
        Deadline = settings.Timeout,
        AttemptDeadline = settings.Timeout,
    };

    public Task<Reply<T>> GetAsync<T>(Uri service, string path, CancellationToken cancel)
        where T : class => SendAsync<T>(HttpMethod.Get, service, path, body: null, cancel);

    public Task<Reply<T>> PostAsync<T>(Uri service, string path, object body, CancellationToken cancel)
        where T : class => SendAsync<T>(HttpMethod.Post, service, path, body, cancel);

    public void Dispose() => _http.Dispose();

    private async Task<Reply<T>> SendAsync<T>(
        HttpMethod method, Uri service, string path, object? body, CancellationToken cancel)
        where T : class
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(_timeout);
        var isSent = false;
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(service, path));
            if (body is not null)
                request.Content = JsonContent.Create(body, body.GetType(), options: EndpointTransport.Json);
            if (_bearer.Read() is { } bearer)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            isSent = true;
            using var response = await _http.SendAsync(request, late.Token);
            return await ReadAsync<T>(response, late.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Reply<T>.Unreachable($"no answer within {_timeout.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException away)
        {
            return new Reply<T>.Unreachable(
                WordsOf(away), away.HttpRequestError is not (HttpRequestError.ConnectionError or
                    HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError));
        }
        catch (Exception foreign) when (foreign is JsonException or NotSupportedException)
        {
            return new Reply<T>.Unreachable($"what answers at {path} is no Holdfast, or one of another version");
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return new Reply<T>.Unreachable(broken.Message, isSent);
        }
    }

    private static async Task<Reply<T>> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancel)
        where T : class
    {
        // Who is not ready says so with 503, and says why.
        var isReadiness = typeof(T) == typeof(ReadinessAnswer) &&
            response.StatusCode == HttpStatusCode.ServiceUnavailable &&
            response.Content.Headers.ContentType?.MediaType == "application/json";
        if (!response.IsSuccessStatusCode && !isReadiness)
            return new Reply<T>.Refused(await ProblemAnswer.ReadAsync(response, cancel));
        return await response.Content.ReadFromJsonAsync<T>(EndpointTransport.Json, cancel) is { } answer
            ? new Reply<T>.Answered(answer)
            : new Reply<T>.Unreachable("an empty answer");
    }

    private static string WordsOf(HttpRequestException away) => away switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            "connection refused: nobody listens there",
        { InnerException: SocketException socket } => socket.Message,
        _ => (away.InnerException ?? away).Message,
    };
}
