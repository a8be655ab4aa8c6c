using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Contracts.Http;

namespace Holdfast.Client;

/// <summary>One request to a service, whichever of its instances acts.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, from the routes of the contracts.</param>
/// <param name="Body">Serialised as JSON; a string goes as it is; null sends none.</param>
internal sealed record EndpointCall(HttpMethod Method, string Path, object? Body = null)
{
    /// <summary>The trace to continue; null takes the current activity's.</summary>
    public string? TraceParent { get; init; }

    /// <summary>A shorter or longer deadline than the configured one.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Has no span of its own: it is made all the time.</summary>
    public bool IsRoutine { get; init; }

    /// <summary>What one instance has in the first round; doubled with each round up to what any call allows.</summary>
    public TimeSpan? FirstAttempt { get; init; }

    /// <summary>Writes only where nothing is.</summary>
    public bool OnlyIfAbsent { get; init; }

    /// <summary>
    /// Marks the call, so that Consensus carries it out once however often it is sent
    /// (<see cref="ConsensusRoutes.RequestHeader"/>).
    /// </summary>
    public string? Mark { get; init; }

    /// <summary>Asks this instance only, and takes its word.</summary>
    public Uri? At { get; init; }

    /// <summary>An answer that is not is as none: the next instance is asked. Null takes any.</summary>
    public Func<object, bool>? IsEnough { get; init; }
}

/// <summary>A service with several instances, and how it is asked.</summary>
/// <param name="Name">For spans.</param>
/// <param name="Addresses">Of its instances, at least one.</param>
/// <param name="TokenFile">A file with the bearer token; null sends none.</param>
/// <param name="Deadline">Of a call that has none of its own.</param>
/// <param name="AttemptDeadline">What one instance has at most.</param>
/// <param name="Unavailable">What is thrown when nobody answered in time; counts it.</param>
internal sealed record ServiceEndpoints(
    string Name,
    IReadOnlyList<string> Addresses,
    string? TokenFile,
    TimeSpan Deadline,
    TimeSpan AttemptDeadline,
    Func<string, Exception, Exception> Unavailable)
{
    /// <summary>What counts at https addresses; null for what the machine has.</summary>
    public ClientTls? Tls { get; init; }
}

/// <summary>
/// Carries calls to the instances of a service, the voters of Consensus or the Recovery instances of a cluster: the one
/// that answered last first, then the others in turn, a hint to who acts (421) followed once per try where it names a
/// configured address, until an answer or the deadline. An instance that hangs costs one attempt and is asked last from
/// then on. Nothing is sent, and so no bearer token, to an address that was not configured. Every call may be repeated,
/// by its own nature or because it is marked, so a lost answer is simply asked for again.
/// </summary>
internal sealed class EndpointTransport : IDisposable
{
    /// <summary>No attempt is cut below this, however short the deadline and however many the instances.</summary>
    private static readonly TimeSpan AttemptMin = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(400);

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly HttpClient _http;
    private readonly Uri[] _endpoints;
    private readonly ServiceEndpoints _service;
    private readonly BearerTokenFile _bearer;
    private Uri _preferred;

    public EndpointTransport(ServiceEndpoints service, HttpMessageHandler? handler)
    {
        _service = service;
        _bearer = new BearerTokenFile(service.TokenFile);
        _endpoints = [.. service.Addresses.Select(address => new Uri(address)).Distinct()];
        _preferred = _endpoints[0];
        _http = new HttpClient(handler ?? NewHandler(service), disposeHandler: handler is null)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<ConsensusOutcome<T>> SendAsync<T>(EndpointCall call, CancellationToken cancel)
        where T : class
    {
        using var activity = Telemetry.StartCall(_service.Name, call);
        call = call with { TraceParent = activity?.Id ?? call.TraceParent ?? Activity.Current?.Id };
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(call.Deadline ?? _service.Deadline);
        var failure = "nobody was asked";
        var pause = PauseMin;
        try
        {
            for (var patience = FirstAttempt(call); ; patience = Min(patience * 2, AttemptMax(call)))
            {
                var round = new Round(call, patience, deadline.Token);
                foreach (var endpoint in Candidates(call))
                {
                    if (round.Failed.Contains(endpoint)) continue;
                    var attempt = await TryLeadAsync<T>(endpoint, round);
                    if (attempt.Outcome is { } outcome) return Traced(outcome, activity);
                    failure = attempt.Failure;
                    deadline.Token.ThrowIfCancellationRequested();
                }

                await Task.Delay(pause, deadline.Token);
                pause = Min(pause * 2, PauseMax);
            }
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure);
            throw _service.Unavailable(
                $"{call.Method} {call.Path} had no answer in {call.Deadline ?? _service.Deadline} ({failure}).", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler NewHandler(ServiceEndpoints service)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = service.AttemptDeadline,
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // The call's own activity is the one that the service continues, so the handler writes no second header.
            ActivityHeadersPropagator = null,
        };
        if (service.Tls is { } tls) handler.SslOptions = tls.Options();
        return handler;
    }

    private static ConsensusOutcome<T> Traced<T>(ConsensusOutcome<T> outcome, Activity? activity)
        where T : class
    {
        if (outcome.Refusal is { } refusal) activity?.SetTag("holdfast.refusal", refusal.Code);
        return outcome;
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    /// <summary>What one instance may take at most: each has its part of the deadline, so that all are asked.</summary>
    private TimeSpan AttemptMax(EndpointCall call)
    {
        var part = (call.Deadline ?? _service.Deadline) / (call.At is null ? _endpoints.Length : 1);
        return Min(_service.AttemptDeadline, Max(part, AttemptMin));
    }

    private TimeSpan FirstAttempt(EndpointCall call) =>
        call.FirstAttempt is { } wanted ? Min(Max(wanted, AttemptMin), AttemptMax(call)) : AttemptMax(call);

    /// <summary>The instances, the preferred one first, the others in a ring after it.</summary>
    private IEnumerable<Uri> Candidates(EndpointCall call)
    {
        if (call.At is not null) return [call.At];
        var first = Array.IndexOf(_endpoints, Volatile.Read(ref _preferred));
        return [.. _endpoints[first..], .. _endpoints[..first]];
    }

    /// <summary>Asks one instance, and the one that it names as acting.</summary>
    private async Task<Attempt<T>> TryLeadAsync<T>(Uri endpoint, Round round)
        where T : class
    {
        var attempt = await TryAsync<T>(endpoint, round);
        if (attempt.Leader is not { } hint || Configured(hint) is not { } leader) return attempt;
        if (leader == endpoint || round.Failed.Contains(leader)) return attempt;
        return await TryAsync<T>(leader, round);
    }

    /// <summary>The configured address that a hint means, or null: a hint is no reason to trust a stranger.</summary>
    private Uri? Configured(Uri hint) => _endpoints.FirstOrDefault(endpoint => Uri.Compare(
        endpoint, hint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0);

    private async Task<Attempt<T>> TryAsync<T>(Uri endpoint, Round round)
        where T : class
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(round.Deadline);
        attempt.CancelAfter(round.Patience);
        try
        {
            using var request = Request(endpoint, round.Call);
            using var response = await _http.SendAsync(request, attempt.Token);
            var answer = await ReadAsync<T>(endpoint, response, attempt.Token);
            if (answer.Outcome?.Value is { } value && round.Call.IsEnough?.Invoke(value) == false)
                return Attempt<T>.Failed($"{endpoint.Authority} does not know yet");
            if (answer.Outcome is not null && round.Call.At is null) Volatile.Write(ref _preferred, endpoint);
            return answer;
        }
        catch (Exception e) when (
            e is HttpRequestException or JsonException or IOException or UnauthorizedAccessException)
        {
            round.Failed.Add(endpoint);
            return Attempt<T>.Failed($"{endpoint.Authority}: {e.Message}");
        }
        catch (OperationCanceledException) when (!round.Deadline.IsCancellationRequested)
        {
            round.Failed.Add(endpoint);
            AskLast(endpoint);
            return Attempt<T>.Failed($"{endpoint.Authority}: no answer within {round.Patience}");
        }
    }

    private void AskLast(Uri hung)
    {
        var at = Array.IndexOf(_endpoints, hung);
        if (at >= 0) Interlocked.CompareExchange(ref _preferred, _endpoints[(at + 1) % _endpoints.Length], hung);
    }

    private HttpRequestMessage Request(Uri endpoint, EndpointCall call)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(endpoint, call.Path));
        if (call.Body is string text)
            request.Content = new StringContent(text, Encoding.UTF8, "application/json");
        else if (call.Body is not null)
            request.Content = JsonContent.Create(call.Body, call.Body.GetType(), options: Json);
        if (call.OnlyIfAbsent)
            request.Headers.Add(ConsensusRoutes.OnlyIfAbsentHeader, ConsensusRoutes.OnlyIfAbsentValue);
        if (call.Mark is not null) request.Headers.Add(ConsensusRoutes.RequestHeader, call.Mark);
        if (_bearer.Read() is { } bearer)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (call.TraceParent is not null) request.Headers.Add("traceparent", call.TraceParent);
        return request;
    }

    private static async Task<Attempt<T>> ReadAsync<T>(
        Uri endpoint, HttpResponseMessage response, CancellationToken cancel)
        where T : class
    {
        if (response.IsSuccessStatusCode)
        {
            if (typeof(T) == typeof(Nothing)) return Attempt<T>.Answered((T)(object)Nothing.Instance);
            var value = await response.Content.ReadFromJsonAsync<T>(Json, cancel);
            return value is null
                ? Attempt<T>.Failed($"{endpoint.Authority} answered with an empty document")
                : Attempt<T>.Answered(value);
        }

        var problem = await ProblemAnswer.ReadAsync(response, cancel);
        return response.StatusCode switch
        {
            HttpStatusCode.MisdirectedRequest => Attempt<T>.Moved(endpoint, problem.Leader ?? problem.Holder),
            HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                Attempt<T>.Failed($"{endpoint.Authority}: {problem.Code} {problem.Detail}"),
            _ => Attempt<T>.Refused(problem.ToRefusal()),
        };
    }

    /// <summary>Each instance asked once: who failed in it is not asked again because others call it leader.</summary>
    private sealed record Round(EndpointCall Call, TimeSpan Patience, CancellationToken Deadline)
    {
        public HashSet<Uri> Failed { get; } = [];
    }

    /// <summary>What one instance came to: an outcome, a hint to the leader, or why it is of no use.</summary>
    private sealed record Attempt<T>(ConsensusOutcome<T>? Outcome, Uri? Leader, string Failure)
        where T : class
    {
        public static Attempt<T> Answered(T value) => new(ConsensusOutcome<T>.Answered(value), null, "");

        public static Attempt<T> Refused(ConsensusRefusal refusal) =>
            new(ConsensusOutcome<T>.Refused(refusal), null, "");

        public static Attempt<T> Failed(string why) => new(null, null, why);

        public static Attempt<T> Moved(Uri asked, string? leader) => new(
            null,
            Uri.TryCreate(leader, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null,
            leader is null ? $"{asked.Authority} knows no leader" : $"{asked.Authority} says that {leader} leads");
    }
}

/// <summary>The answer of a call that answers nothing but success.</summary>
internal sealed class Nothing
{
    public static readonly Nothing Instance = new();
}
