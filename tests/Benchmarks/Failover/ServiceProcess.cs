using System.Net;
using Holdfast.Benchmarks.Clusters;

namespace Holdfast.Benchmarks.Failover;

/// <summary>One of our services, as built beside this program.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReadyPace = TimeSpan.FromMilliseconds(20);

    private readonly string _service;
    private readonly ServerProcess _process;
    private readonly HttpClient _http;

    public ServiceProcess(string service, int port, IEnumerable<string> arguments)
    {
        var address = $"http://127.0.0.1:{port}";
        _service = service;
        _process = new ServerProcess("dotnet", [PathOf(service), $"--urls={address}", .. arguments]);
        _http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(2) };
    }

    public TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public void Kill() => _process.Kill();

    public async Task ReadyAsync()
    {
        var deadline = DateTime.UtcNow + ReadyPatience;
        while (!await IsReadyAsync())
        {
            if (_process.HasExited || DateTime.UtcNow > deadline)
                throw new MeasurementFailedException($"{_service} is not ready. {_process.Said()}");
            Pause.For(ReadyPace);
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _http.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync("/readyz");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>This program is in tests/Benchmarks/bin/&lt;configuration&gt;/net10.0.</summary>
    private static string PathOf(string service)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        var project = $"{service}.Service";
        return Path.Combine(
            root, "services", service, project, "bin", here.Parent.Name, here.Name, $"Holdfast.{project}.dll");
    }
}
