using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>What the counter answers.</summary>
internal sealed record CounterState(long Value, ulong Revision, string Epoch, string Build, int Pid);

/// <summary>Clients that add to the counter one request after the other, and count what they were told.</summary>
internal sealed class CounterLoad : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly SemaphoreSlim _answered = new(0);
    private readonly Task[] _clients;
    private long _acknowledged;

    public CounterLoad(Uri address, int clients = 4)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = DaemonNest.Patience };
        _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(AddAsync))];
    }

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public IReadOnlyCollection<string> Failures => _failures;

    public static async Task<CounterState> ReadAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = DaemonNest.Patience };
        return (await http.GetFromJsonAsync<CounterState>("/v1/counter"))!;
    }

    /// <summary>Waits until some more requests were answered.</summary>
    public async Task AnsweredAsync(int more)
    {
        for (var i = 0; i < more; i++)
        {
            if (!await _answered.WaitAsync(DaemonNest.Patience))
                throw new TimeoutException("No request was answered any more.");
        }
    }

    /// <summary>Waits until what is written is written under an epoch.</summary>
    public async Task WrittenUnderAsync(Uri address, string epoch)
    {
        var since = Stopwatch.GetTimestamp();
        while ((await ReadAsync(address)).Epoch != epoch)
        {
            if (Stopwatch.GetElapsedTime(since) > DaemonNest.Patience)
                throw new TimeoutException($"Nothing was written under {epoch}.");
            await AnsweredAsync(1);
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
        _answered.Dispose();
    }

    private async Task AddAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await _http.PostAsJsonAsync("/v1/counter", new { add = 1 });
                if (answer.StatusCode == HttpStatusCode.OK) Interlocked.Increment(ref _acknowledged);
                else _failures.Enqueue($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                _failures.Enqueue(e.ToString());
            }

            _answered.Release();
        }
    }
}
