using System.Diagnostics;
using System.Text.Json;
using Holdfast.Contracts;

namespace Holdfast.Standalone.Demo.Load;

/// <summary>
/// Clients of the counter that know nothing of handoffs and try nothing twice. Two keep their connections, two open a
/// new one for each request; of each kind one reads and one writes.
/// </summary>
internal sealed class CounterLoad : IAsyncDisposable
{
    public const string Path = "/v1/counter";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(15);

    private readonly Uri _daemon;
    private readonly LoadCount _count = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _clients;

    public CounterLoad(Uri daemon)
    {
        _daemon = daemon;
        _clients =
        [
            Task.Run(() => ClientAsync(keeps: true, writes: true)),
            Task.Run(() => ClientAsync(keeps: true, writes: false)),
            Task.Run(() => ClientAsync(keeps: false, writes: true)),
            Task.Run(() => ClientAsync(keeps: false, writes: false)),
        ];
    }

    /// <summary>What came of it so far.</summary>
    public LoadReport Count => _count.Report;

    /// <summary>The same; the longest wait counts anew from here.</summary>
    public LoadReport Take() => _count.Take();

    /// <summary>Lets every request that was sent come to its end.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task ClientAsync(bool keeps, bool writes)
    {
        using var http = new HttpClient { BaseAddress = _daemon, Timeout = AnswerDeadline };
        while (!_stopping.IsCancellationRequested)
        {
            var sentAt = Stopwatch.GetTimestamp();
            try
            {
                using var request = writes ? Increment() : new HttpRequestMessage(HttpMethod.Get, Path);
                request.Headers.ConnectionClose = !keeps;
                using var response = await http.SendAsync(request, CancellationToken.None);
                response.EnsureSuccessStatusCode();
                await response.Content.ReadFromJsonAsync<CounterSeen>(
                    ContractJson.Options, CancellationToken.None);
                _count.Answered(sentAt, writes);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException
                or OperationCanceledException)
            {
                _count.Failed(sentAt, $"{(writes ? "POST" : "GET")} {Path}: {e.Message}");
            }

            await Task.Delay(Pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static HttpRequestMessage Increment() => new(HttpMethod.Post, Path)
    {
        Content = JsonContent.Create(new CounterAdd(1), options: ContractJson.Options),
    };
}
