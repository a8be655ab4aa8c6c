using System.Net.Sockets;
using System.Text.Json;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Audits;

/// <summary>What one container takes of the machine, as the engine counts it.</summary>
/// <param name="MemoryBytes">In use, without what the kernel only caches of files.</param>
/// <param name="MemoryBytesMax">Its limit; the whole machine where it has none.</param>
/// <param name="Cpu">The time of one core that it has used since it was started.</param>
internal sealed record Usage(long MemoryBytes, long MemoryBytesMax, TimeSpan Cpu);

/// <summary>The engine's own interface, for the figures that its client rounds or leaves out.</summary>
internal sealed class EngineSocket : IDisposable
{
    private const string UnixPrefix = "unix://";
    private const int NanosecondsPerTick = 100;

    private readonly HttpClient _http;

    private EngineSocket(string path) => _http = new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://engine"),
    };

    /// <summary>The engine that the client talks to. It must be one of this machine.</summary>
    public static async Task<EngineSocket> ConnectAsync()
    {
        var context = await Engine.DockerAsync("context", "inspect", "--format", "{{.Endpoints.docker.Host}}");
        var host = context.Lines.First();
        return host.StartsWith(UnixPrefix, StringComparison.Ordinal)
            ? new EngineSocket(host[UnixPrefix.Length..])
            : throw new InvalidOperationException($"The engine is at {host}; wanted is a socket of this machine.");
    }

    /// <summary>What a container uses just now; null where it does not run.</summary>
    public async Task<Usage?> UsageAsync(string container, CancellationToken cancel)
    {
        // Without a version: each engine answers in its own, and refuses those that are too old for it.
        var path = $"/containers/{container}/stats?stream=false&one-shot=true";
        using var answer = JsonDocument.Parse(await _http.GetStringAsync(path, cancel));
        var memory = answer.RootElement.GetProperty("memory_stats");
        if (!memory.TryGetProperty("stats", out var counts)) return null;
        // The name that the kernel's first control groups have for it, or else that of the second.
        var cached = counts.TryGetProperty("total_inactive_file", out var first)
            ? first
            : counts.GetProperty("inactive_file");
        var cpu = answer.RootElement.GetProperty("cpu_stats").GetProperty("cpu_usage").GetProperty("total_usage");
        return new Usage(
            memory.GetProperty("usage").GetInt64() - cached.GetInt64(),
            memory.GetProperty("limit").GetInt64(),
            TimeSpan.FromTicks(cpu.GetInt64() / NanosecondsPerTick));
    }

    public void Dispose() => _http.Dispose();
}
