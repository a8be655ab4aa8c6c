using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Holdfast.Processes;

/// <summary>What a service says of itself at <c>/readyz</c>.</summary>
public sealed record Readiness(bool Ready, string Text)
{
    public override string ToString() => Text;
}

/// <summary>One of our services, as its built program, configured by the environment as an operator would.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(240);

    private readonly ChildProcess _process;
    private readonly HttpClient _http;

    private ServiceProcess(ChildProcess process, Uri address)
    {
        (_process, Address) = (process, address);
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(5) };
    }

    public Uri Address { get; }

    public string Name => _process.Name;

    public Sightings<string> Errors => _process.Errors;

    /// <summary>What it writes to its log.</summary>
    public Sightings<string> Output => _process.Output;

    /// <summary>Starts <c>Consensus.Service</c> and the like; the caller waits until it is ready, if at all.</summary>
    public static ServiceProcess Start(
        string service, string name, int port, IReadOnlyDictionary<string, string> settings)
    {
        var address = new Uri($"http://127.0.0.1:{port}");
        var environment = settings.ToDictionary(
            setting => setting.Key.Replace(":", "__", StringComparison.Ordinal),
            string? (setting) => setting.Value,
            StringComparer.Ordinal);
        environment["ASPNETCORE_URLS"] = address.ToString();
        environment["Logging__LogLevel__Microsoft"] = "Warning";
        return new ServiceProcess(
            ChildProcess.Start(name, "dotnet", [PathOf(service)], environment), address);
    }

    public Task ReadyAsync() =>
        Eventually.SeesAsync($"{Name} ready", ReadinessAsync, answer => answer.Ready, ReadyPatience, _process.Said);

    /// <summary>Not ready, and saying so with these words.</summary>
    public Task WaitsForAsync(params string[] words) => Eventually.SeesAsync(
        $"{Name} waiting for {string.Join(", ", words)}",
        ReadinessAsync,
        answer => !answer.Ready && words.All(word => answer.Text.Contains(word, StringComparison.OrdinalIgnoreCase)),
        ReadyPatience,
        _process.Said);

    public async Task<Readiness> ReadinessAsync(CancellationToken cancel)
    {
        if (_process.HasExited) throw new InvalidOperationException($"{Name} has ended. {_process.Said()}");
        using var answer = await _http.GetAsync("/readyz", cancel);
        return new Readiness(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>Changes something, with a bearer token; the answer is wanted to be a success.</summary>
    public async Task<JsonElement> PostAsync(string path, object body, string token, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _http.SendAsync(request, cancel);
        answer.EnsureSuccessStatusCode();
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
        return document.RootElement.Clone();
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(path, cancel));
        return document.RootElement.Clone();
    }

    /// <summary>The last lines of what it said, for a message of failure.</summary>
    public string Said() => _process.Said();

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGSTOP: its connections stay open and nobody answers.</summary>
    public Task PauseAsync() => _process.PauseAsync();

    /// <summary>SIGCONT.</summary>
    public void Resume() => _process.Resume();

    public Task<int> ExitAsync(TimeSpan patience) => _process.ExitAsync(patience);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>Tests and services stand alike in <c>bin/(configuration)/(framework)</c> of their projects.</summary>
    private static string PathOf(string service)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!.FullName;
        var sample = new DirectoryInfo(Path.Combine(root, "samples", service));
        var project = sample.Exists ? service : $"{service}.Service";
        var folder = sample.Exists ? sample.FullName : Path.Combine(root, "services", service, project);
        return Path.Combine(folder, "bin", configuration.Name, framework.Name, $"Holdfast.{project}.dll");
    }
}
