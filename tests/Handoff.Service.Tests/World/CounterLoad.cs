using System.Collections.Concurrent;
using System.Net.Http.Json;

namespace Holdfast.Handoff.Service.Tests.World;

/// <summary>What the counter answers.</summary>
internal sealed record CounterSeen(long Value, ulong Revision, string Epoch, string Build, int Pid);

/// <summary>
/// Clients that add one after the other without a pause, some on a connection that they keep, some on a new one each
/// time. Every failure is kept; what was acknowledged is counted.
/// </summary>
internal sealed class CounterLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _clients = [];
    private readonly Uri _address;
    private long _acknowledged;

    private CounterLoad(int port) => _address = new Uri($"http://127.0.0.1:{port}/v1/counter");

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public ConcurrentQueue<string> Failures { get; } = [];

    public ConcurrentDictionary<string, long> Builds { get; } = new(StringComparer.Ordinal);

    public static CounterLoad Start(int port, int clients = 4)
    {
        var load = new CounterLoad(port);
        for (var client = 0; client < clients; client++)
        {
            var keeps = client % 2 == 0;
            load._clients.Add(Task.Run(() => load.AddAsync(keeps), CancellationToken.None));
        }

        return load;
    }

    public static async Task<CounterSeen> ReadAsync(int port)
    {
        using var http = new HttpClient();
        return (await http.GetFromJsonAsync<CounterSeen>(
            $"http://127.0.0.1:{port}/v1/counter", TestContext.Current.CancellationToken))!;
    }

    /// <summary>Waits for so many more acknowledged requests.</summary>
    public async Task MoreAsync(int requests)
    {
        var wanted = Acknowledged + requests;
        await Until.SeesAsync(
            $"{requests} more requests",
            _ => Task.FromResult(Acknowledged),
            acknowledged => acknowledged >= wanted || !Failures.IsEmpty);
    }

    /// <summary>Ends it; no request is cut off.</summary>
    public async Task<long> StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        return Acknowledged;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AddAsync(bool keepsConnection)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.ConnectionClose = !keepsConnection;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.PostAsJsonAsync(_address, new { add = 1 }, CancellationToken.None);
                if (!answer.IsSuccessStatusCode)
                {
                    Failures.Enqueue($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                    return;
                }

                var seen = await answer.Content.ReadFromJsonAsync<CounterSeen>(CancellationToken.None);
                Interlocked.Increment(ref _acknowledged);
                Builds.AddOrUpdate(seen!.Build, 1, (_, count) => count + 1);
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                var connection = keepsConnection ? "kept" : "new";
                Failures.Enqueue($"{connection} connection: {failure.GetBaseException().Message}");
                return;
            }
        }
    }
}
