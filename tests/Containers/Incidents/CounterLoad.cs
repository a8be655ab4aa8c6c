using System.Net.Http.Json;
using System.Text.Json;

namespace Holdfast.Containers.Incidents;

/// <summary>What the counter answered.</summary>
internal sealed record CounterState(long Value, string Build, int ProcessId);

/// <summary>Adds to the sample daemon's counter and reads it, one after the other, until it is disposed of.</summary>
internal sealed class CounterLoad : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public CounterLoad(Uri address)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };
        _running = Task.Run(RunAsync);
    }

    /// <summary>Additions that were acknowledged.</summary>
    public long Added { get; private set; }

    /// <summary>Requests that failed, each with the reason.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Reads the counter once.</summary>
    public static async Task<CounterState> ReadAsync(Uri address, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = address };
        using var document = JsonDocument.Parse(await http.GetStringAsync("/v1/counter", cancel));
        var answer = document.RootElement;
        return new CounterState(
            answer.GetProperty("value").GetInt64(),
            answer.GetProperty("build").GetString() ?? "",
            answer.GetProperty("pid").GetInt32());
    }

    /// <summary>Lets what is under way end, and sends nothing more.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (await TryAsync("add", () => _http.PostAsJsonAsync("/v1/counter", new { add = 1 }))) Added++;
            await TryAsync("read", () => _http.GetAsync("/v1/counter"));
        }
    }

    private async Task<bool> TryAsync(string what, Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            using var answer = await send();
            if (answer.IsSuccessStatusCode) return true;
            Failures.Add($"{what}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            Failures.Add($"{what}: {failure.Message}");
        }

        return false;
    }
}
