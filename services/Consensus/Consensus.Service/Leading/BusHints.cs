using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>
/// What the bus says of the machines and processes of other voters, as hints. News may be old when it comes, so none of
/// it counts before this voter missed the leader's heartbeats itself. Where there is no bus, there are no such hints.
/// </summary>
internal sealed class BusHints(
    RaftHost raft, ConsensusOptions options, NodeOptions node, IServiceProvider provider) : IHostedService
{
    private readonly List<IAsyncDisposable> _subscriptions = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.ElectionHints || provider.GetService<IEventSubscriber>() is not { } bus) return Task.CompletedTask;
        Listen<PeerSuspected>(bus, suspected => Hint(suspected.NodeId));
        Listen<PeerDown>(bus, down => Hint(down.NodeId));
        Listen<WorkloadDown>(bus, down =>
        {
            if (down.Workload == options.Workload) Hint(down.NodeId);
        });
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in _subscriptions) await subscription.DisposeAsync();
        _subscriptions.Clear();
    }

    /// <summary>The voter that lives on a node; null for none.</summary>
    public static NodeId? VoterOn(IReadOnlyList<VoterOptions> voters, string agent) =>
        voters.FirstOrDefault(voter => (voter.Agent ?? voter.Node).Value == agent)?.Node;

    private void Listen<T>(IEventSubscriber bus, Action<T> hint)
        where T : class, IEvent =>
        _subscriptions.Add(bus.Subscribe<T>($"holdfast.consensus.{node.Id}", (message, _, _) =>
        {
            hint(message);
            return Task.CompletedTask;
        }));

    private void Hint(string agent)
    {
        if (VoterOn(options.Voters, agent) is { } suspect) raft.Hint(suspect, HintKind.Suspected);
    }
}
