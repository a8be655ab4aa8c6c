using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Holdfast.Standalone.Local;

namespace Holdfast.Standalone.Nodes;

/// <summary>Asks the node's own agent who is there.</summary>
internal sealed class ClusterPeers(HttpClient agent, NodeEntry self)
{
    private const string Up = "up";
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

    /// <summary>The nodes of this cluster that are up, this one among them.</summary>
    public async Task<IReadOnlyList<string>> AliveAsync(CancellationToken cancel) =>
    [
        .. (await MembersAsync(cancel))
            .Where(member => member.Cluster == self.Cluster && (member.State == Up || member.Node == self.Node))
            .Select(member => member.Node),
    ];

    /// <summary>The generation that the agent of this node runs under.</summary>
    /// <exception cref="NotInTimeException">The agent does not say.</exception>
    public async Task<Generation> GenerationAsync(CancellationToken cancel)
    {
        var generation = default(Generation);
        await Waiting.UntilAsync("the start of the agent", StartDeadline, async late =>
        {
            var members = await MembersAsync(late);
            if (members.FirstOrDefault(member => member.Node == self.Node) is not { } own) return false;
            generation = new Generation(own.Generation);
            return true;
        }, cancel);
        return generation;
    }

    private async Task<IReadOnlyList<MemberAnswer>> MembersAsync(CancellationToken cancel) =>
        (await agent.GetFromJsonAsync<List<MemberAnswer>>("/v1/members", ContractJson.Options, cancel))!;
}
