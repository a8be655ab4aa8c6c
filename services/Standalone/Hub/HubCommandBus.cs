using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Standalone.Hub;

/// <summary>
/// Commands of a process that has no bus: HTTP to the hub. Each kind of command that is answered here has a connection
/// of its own, which is opened again whenever it breaks.
/// </summary>
internal sealed class HubCommandBus : ICommandBus, IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterBreak = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly List<Responder> _responders = [];
    private int _disposed;

    public HubCommandBus(Uri hub, string tokenFile, ILogger logger)
    {
        _logger = logger;
        _http = new HttpClient { BaseAddress = hub, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", File.ReadAllText(tokenFile).Trim());
    }

    public IAsyncDisposable RespondTo<TCommand>(Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => Respond("", _ => true, handle);

    public IAsyncDisposable RespondTo<TCommand>(
        string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand => Respond(queue, concerns, handle);

    public async Task<ICommandAnswer> SendAsync(ICommand command, CancellationToken cancel)
    {
        var request = new CommandRequest(
            command.GetType().Name,
            Activity.Current?.Id,
            JsonSerializer.SerializeToElement(command, command.GetType(), ContractJson.Options));
        try
        {
            using var response = await _http.PostAsJsonAsync(
                CommandEndpoints.Commands, request, ContractJson.Options, cancel);
            if (!response.IsSuccessStatusCode)
            {
                throw new BusUnavailableException(
                    $"{request.Type} was not answered: {await response.Content.ReadAsStringAsync(cancel)}");
            }

            var reply = await response.Content.ReadFromJsonAsync<CommandReply>(ContractJson.Options, cancel);
            return reply?.Read() ?? throw new BusUnavailableException($"{request.Type} came back without an answer.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            throw new BusUnavailableException($"The hub did not take {request.Type}.", e);
        }
    }

    /// <summary>Completes when the hub knows of everything that is answered here so far.</summary>
    public Task WhenReadyAsync()
    {
        lock (_gate) return Task.WhenAll(_responders.Select(responder => responder.Connected));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _stopping.CancelAsync();
        List<Responder> responders;
        lock (_gate) responders = [.. _responders];
        foreach (var responder in responders) await responder.DisposeAsync();
        _http.Dispose();
        _stopping.Dispose();
    }

    private Responder Respond<TCommand>(
        string queue, Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle)
        where TCommand : class, ICommand
    {
        var commands = new CommandResponder<TCommand>(concerns, handle, _logger);
        var responder = new Responder(this, new StationRequest(typeof(TCommand).Name, queue), commands.AnswerAsync);
        lock (_gate) _responders.Add(responder);
        return responder;
    }

    private void Forget(Responder responder)
    {
        lock (_gate) _responders.Remove(responder);
    }

    /// <summary>Reads the commands of one type, one at a time, until it is disposed of.</summary>
    private sealed class Responder : IAsyncDisposable
    {
        private readonly HubCommandBus _bus;
        private readonly StationRequest _station;
        private readonly Func<byte[], CancellationToken, Task<ICommandAnswer?>> _answer;
        private readonly CancellationTokenSource _stopping;
        private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task _reading;
        private int _disposed;

        public Responder(
            HubCommandBus bus,
            StationRequest station,
            Func<byte[], CancellationToken, Task<ICommandAnswer?>> answer)
        {
            (_bus, _station, _answer) = (bus, station, answer);
            _stopping = CancellationTokenSource.CreateLinkedTokenSource(bus._stopping.Token);
            _reading = Task.Run(ReadAsync);
        }

        public Task Connected => _connected.Task;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
            _bus.Forget(this);
            await _stopping.CancelAsync();
            await _reading;
            _stopping.Dispose();
        }

        private async Task ReadAsync()
        {
            var stop = _stopping.Token;
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await ReadUntilBrokenAsync(stop);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
                {
                    Log.CommandsBroken(_bus._logger, _station.Type!, e.Message);
                }

                await Task.Delay(PauseAfterBreak, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private async Task ReadUntilBrokenAsync(CancellationToken stop)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, CommandEndpoints.Stations)
            {
                Content = JsonContent.Create(_station, options: ContractJson.Options),
            };
            using var response = await _bus._http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, stop);
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync(stop);
            _connected.TrySetResult();
            await foreach (var item in SseParser.Create(body).EnumerateAsync(stop))
                await AnswerAsync(JsonSerializer.Deserialize<CommandDelivery>(item.Data, ContractJson.Options)!, stop);
        }

        private async Task AnswerAsync(CommandDelivery delivery, CancellationToken stop)
        {
            using var trace = ContinueTrace(delivery.TraceParent);
            var answer = await _answer(Encoding.UTF8.GetBytes(delivery.Command.GetRawText()), stop);
            using var response = await _bus._http.PostAsJsonAsync(
                CommandEndpoints.Deliveries + delivery.Id, CommandReply.Of(answer), ContractJson.Options, stop);
            // A sender that waits no longer is told as not found; it can ask again.
        }

        private static Activity? ContinueTrace(string? parent) => ActivityContext.TryParse(parent, null, out var trace)
            ? new Activity("command").SetParentId(trace.TraceId, trace.SpanId, trace.TraceFlags).Start()
            : null;
    }
}
