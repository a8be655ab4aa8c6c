using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Holdfast.Directory.Http;

/// <summary>
/// One call over HTTP: a deadline, repeated within it while nobody listens or the server says later, and problem
/// answers turned into what <see cref="IGrainDirectory"/> promises.
/// </summary>
internal sealed class DirectoryHttpClient : IDisposable
{
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromMilliseconds(250);

    private readonly DirectoryOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public DirectoryHttpClient(DirectoryOptions options, HttpMessageHandler? handler, TimeProvider time)
    {
        _options = options;
        _time = time;
        _http = new HttpClient(handler ?? new SocketsHttpHandler(), disposeHandler: handler is null)
        {
            BaseAddress = options.Address ??
                throw new ArgumentException("Directory:Address is wanted for the http backend.", nameof(options)),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Add(
            DirectoryRoutes.ShardsHeader, options.Shards.ToString(CultureInfo.InvariantCulture));
    }

    private string Where => $"the directory at {_options.Address}";

    public void Dispose() => _http.Dispose();

    /// <summary>Makes a call.</summary>
    /// <param name="operation">One of <see cref="DirectoryRoutes"/>.</param>
    /// <param name="request">Its arguments.</param>
    /// <param name="refuse">The answer that says no more than a status.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TAnswer> CallAsync<TRequest, TAnswer>(
        string operation, TRequest request, Func<DirectoryStatus, TAnswer> refuse, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(_options.Deadline, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        Exception? last = null;
        try
        {
            for (var backoff = BackoffFirst; ; backoff = backoff * 2 < BackoffMax ? backoff * 2 : BackoffMax)
            {
                try
                {
                    using var message = await MessageAsync(operation, request, both.Token);
                    using var response = await _http.SendAsync(message, both.Token);
                    return await ReadAsync(operation, response, refuse, both.Token);
                }
                catch (Exception error) when (
                    error is HttpRequestException or IOException or UnauthorizedAccessException)
                {
                    last = error;
                    Telemetry.Retries.Add(1, new KeyValuePair<string, object?>(
                        Telemetry.ErrorType, error.GetType().Name));
                }

                await Task.Delay(backoff, _time, both.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new DirectoryUnavailableException(
                $"{Where} did not answer {operation} within " + string.Create(
                    CultureInfo.InvariantCulture, $"{_options.Deadline.TotalSeconds:0.###} s") +
                (last is null ? "." : $": {last.Message}"),
                last);
        }
    }

    private async Task<HttpRequestMessage> MessageAsync<TRequest>(
        string operation, TRequest request, CancellationToken cancel)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, DirectoryRoutes.Root + operation)
        {
            Content = JsonContent.Create(request, options: DirectoryJson.Answers),
        };

        // The handler would write it too, but only where something listens to its activities.
        if (TraceParent.Current is { Length: > 0 } trace) message.Headers.Add("traceparent", trace);
        if (_options.TokenFile is not null)
        {
            var tokens = await File.ReadAllLinesAsync(_options.TokenFile, cancel);
            var first = tokens.FirstOrDefault(line => !string.IsNullOrWhiteSpace(line));
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", first?.Trim());
        }

        return message;
    }

    private async Task<TAnswer> ReadAsync<TAnswer>(
        string operation,
        HttpResponseMessage response,
        Func<DirectoryStatus, TAnswer> refuse,
        CancellationToken cancel)
    {
        if (response.IsSuccessStatusCode) return await AnswerAsync<TAnswer>(operation, response, cancel);
        var (code, detail) = await ProblemAsync(response, cancel);
        if (code == DirectoryRoutes.WrongFormat) return refuse(DirectoryStatus.WrongFormat);
        throw response.StatusCode switch
        {
            HttpStatusCode.BadRequest => new ArgumentException(detail),
            HttpStatusCode.TooManyRequests => new HttpRequestException(detail),
            _ => new DirectoryUnavailableException(
                $"{Where} answered {operation} with {(int)response.StatusCode} {code}: {detail}"),
        };
    }

    private async Task<TAnswer> AnswerAsync<TAnswer>(
        string operation, HttpResponseMessage response, CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        try
        {
            return await JsonSerializer.DeserializeAsync<TAnswer>(body, DirectoryJson.Answers, cancel) ??
                throw new DirectoryUnavailableException($"{Where} answered {operation} with nothing.");
        }
        catch (JsonException strange)
        {
            // Some proxy's page, or another program: what became of the call is unknown.
            throw new DirectoryUnavailableException(
                $"{Where} answered {operation} with something else: {strange.Message}", strange);
        }
    }

    private static async Task<(string Code, string Detail)> ProblemAsync(
        HttpResponseMessage response, CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        try
        {
            using var problem = await JsonDocument.ParseAsync(body, cancellationToken: cancel);
            return (Member("code"), Member("detail"));

            string Member(string name) =>
                problem.RootElement.ValueKind == JsonValueKind.Object &&
                problem.RootElement.TryGetProperty(name, out var member) ? member.ToString() : "";
        }
        catch (JsonException)
        {
            return ("", response.ReasonPhrase ?? "");
        }
    }
}
