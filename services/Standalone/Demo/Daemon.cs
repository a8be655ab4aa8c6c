using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Standalone.Demo.Load;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Demo;

/// <summary>The daemon that is handed over, as its clients and the agent of its node see it.</summary>
internal sealed class Daemon(LocalSystem system) : IDisposable
{
    private const string SecondBuild = "two";
    private const string SickBuild = "sick";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public Uri Address { get; } = Layout.Url(system.Layout.Daemon.DaemonHttp);

    /// <summary>The build it is handed to.</summary>
    public string NextBuild { get; } = system.Broken == Sabotage.Handoff ? SickBuild : SecondBuild;

    public async Task<CounterSeen> SeeAsync(CancellationToken cancel) =>
        (await _http.GetFromJsonAsync<CounterSeen>(
            new Uri(Address, CounterLoad.Path), ContractJson.Options, cancel))!;

    /// <summary>The process that the agent of the node watches; null when it watches none that is up.</summary>
    public async Task<int?> WatchedAsync(CancellationToken cancel)
    {
        var agent = system.Layout.Nodes.First(node => node.Node == system.Layout.Daemon.Node);
        var workloads = await _http.GetFromJsonAsync<List<WorkloadAnswer>>(
            new Uri(Layout.Url(agent.GossipHttp), "/v1/workloads"), ContractJson.Options, cancel);
        return workloads!
            .FirstOrDefault(workload => workload is { Name: DaemonSettings.Name, State: "up" })?.Pid;
    }

    /// <exception cref="ProofFailedException">Nobody takes the command, or it is refused.</exception>
    public async Task RequestHandoffAsync(CancellationToken cancel)
    {
        try
        {
            var answer = await system.Hub.Commands.SendAsync(
                new RequestHandoff
                {
                    CommandId = Guid.NewGuid(),
                    NodeId = system.Layout.Daemon.Node.Value,
                    Daemon = DaemonSettings.Name,
                    Build = NextBuild,
                },
                cancel);
            if (answer is CommandRefused refused)
                throw new ProofFailedException(Proof.HandedOver, $"RequestHandoff was refused: {refused.Detail}");
        }
        catch (BusUnavailableException e)
        {
            throw new ProofFailedException(Proof.HandedOver, e.Message);
        }
    }

    public void Dispose() => _http.Dispose();
}
