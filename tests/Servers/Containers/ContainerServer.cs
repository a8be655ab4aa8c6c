using DotNet.Testcontainers.Containers;

namespace Holdfast.Servers.Containers;

/// <summary>A server in a container that keeps its host port and its file system through stops and kills.</summary>
internal sealed class ContainerServer : ITestServer
{
    private readonly IContainer _container;
    private readonly ServerProbe _probe;
    private bool _running;

    private ContainerServer(IContainer container, int port, ServerProbe probe) =>
        (_container, Port, _probe) = (container, port, probe);

    public string Host => _container.Hostname is "localhost" ? "127.0.0.1" : _container.Hostname;

    public int Port { get; }

    public static async Task<ContainerServer> StartAsync(IContainer container, int port, ServerProbe probe)
    {
        var server = new ContainerServer(container, port, probe);
        await server.StartAsync();
        return server;
    }

    public Task StopAsync()
    {
        _running = false;
        return _container.StopAsync();
    }

    public async Task KillAsync()
    {
        _running = false;
        if (!await ContainerServers.DockerAsync("kill", _container.Id))
            throw new InvalidOperationException($"docker kill {_container.Id} failed.");
    }

    public Task PauseAsync() => _container.PauseAsync();

    public Task ResumeAsync() => _container.UnpauseAsync();

    public async Task RestartAsync()
    {
        if (_running) await StopAsync();
        await StartAsync();
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();

    private async Task StartAsync()
    {
        await _container.StartAsync();
        _running = true;
        await _probe.ServesAsync(Host, Port, hasEnded: () => false, () => $"Its container is {_container.Id}.");
    }
}
