using System.Net.Http.Json;
using Holdfast.Containers.Compose;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Integration.Subscribers;

namespace Holdfast.Containers.Incidents;

/// <summary>The sample daemon, as the agent of its node and the supervisor watch over it.</summary>
internal sealed class WatchedDaemon(ComposeSet set, string node, string daemon, Uri counter)
{
    private const int AgentPort = 8080;
    private const int KilledCode = 137;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Nothing was announced of the daemon's death so far, and everything will be: its process is watched and may not
    /// be silent, and once it is killed its death is the first that is heard of. That one shows that no other came
    /// before it, since the agent tells of deaths in their order. Then the supervisor starts the same build again, with
    /// all that was acknowledged.
    /// </summary>
    /// <param name="serving">What the counter answered last.</param>
    /// <param name="events">Heard since before the handoff, <c>WorkloadDown</c> among them.</param>
    public async Task IsFirstHeardOfWhenKilledAsync(CounterState serving, Sightings<SeenEvent> events)
    {
        await IsWatchedAsync(serving.ProcessId);

        await Engine.DockerAsync(
            "exec", await set.ContainerAsync($"handoff-{node}"), "sh", "-c", $"kill -KILL {serving.ProcessId}");

        var down = await events.ExpectAsync(
            "WorkloadDown", item => item.Exchange == EventIdentity.ExchangeOf(typeof(WorkloadDown)), Patience);
        down.Body.GetProperty("pid").GetInt32().ShouldBe(serving.ProcessId, "every silence before was planned");
        down.Text("nodeId").ShouldBe(node);
        down.Text("workload").ShouldBe(daemon);
        down.Body.GetProperty("exitCode").GetInt32().ShouldBe(KilledCode);
        var again = await Eventually.SeesAsync(
            $"the counter served by another process than {serving.ProcessId}",
            stop => CounterLoad.ReadAsync(counter, stop),
            state => state.ProcessId != serving.ProcessId,
            Patience);
        again.ShouldBe(serving with { ProcessId = again.ProcessId });
        await IsWatchedAsync(again.ProcessId);
    }

    private async Task IsWatchedAsync(int pid)
    {
        using var http = new HttpClient { BaseAddress = await set.AddressAsync(node, AgentPort) };
        await Eventually.SeesAsync(
            $"process {pid} of {daemon} watched by {node}, up and not to be silent",
            async stop => (await http.GetFromJsonAsync<WorkloadAnswer[]>(
                "/v1/workloads", ContractJson.Options, stop))!.SingleOrDefault(),
            only => only is { State: "up", SilentUntil: null } && only.Name == daemon && only.Pid == pid,
            Patience);
    }
}
