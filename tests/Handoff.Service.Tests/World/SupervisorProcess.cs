using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Holdfast.Contracts.Http;
using Holdfast.Servers;

namespace Holdfast.Handoff.Service.Tests.World;

/// <summary>A supervisor as its built program, so that it can be killed without a word.</summary>
internal sealed class SupervisorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http;

    private SupervisorProcess(Process process, Uri address)
    {
        _process = process;
        _http = new HttpClient { BaseAddress = address };
    }

    /// <summary>How many descriptors it holds.</summary>
    public int Descriptors => System.IO.Directory.GetFileSystemEntries(
        string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/fd")).Length;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SupervisorProcess> StartAsync(Dictionary<string, string?> settings)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        var start = new ProcessStartInfo("dotnet", [typeof(HandoffOptions).Assembly.Location, "--urls", address]);
        foreach (var (key, value) in settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        var supervisor = new SupervisorProcess(Process.Start(start)!, new Uri(address));
        await supervisor.DaemonAsync("known", _ => true);
        return supervisor;
    }

    public Task<DaemonAnswer> DaemonAsync(string what, Func<DaemonAnswer, bool> fits) => Until.SeesAsync(
        $"the daemon is {what}",
        async cancel => (await _http.GetFromJsonAsync<DaemonAnswer>("/v1/daemons/counter", cancel))!,
        fits);

    public Task<DaemonAnswer> ServingAsync() => DaemonAsync("serving", daemon => daemon.State == "serving");

    public async Task HandOverAsync(string build)
    {
        var answer = await _http.PostAsJsonAsync(
            "/v1/daemons/counter/handoff", new HandoffRequest { Build = build }, Cancel);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>SIGKILL of the supervisor alone; its daemon lives on.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync(Cancel);
    }

    /// <summary>SIGTERM: stops its daemons too.</summary>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", [_process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Patience);
        }

        _process.Dispose();
    }
}
