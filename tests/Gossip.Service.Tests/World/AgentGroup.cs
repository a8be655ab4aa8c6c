using Holdfast.Gossip.Protocol;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>Some agents of one network that know each other, and the voter they use.</summary>
internal sealed class AgentGroup : IAsyncDisposable
{
    private readonly Dictionary<string, string?> _extra;

    private AgentGroup(PaperVoter voter, Dictionary<string, string?> extra) => (Voter, _extra) = (voter, extra);

    public PaperVoter Voter { get; }

    public List<AgentHost> Agents { get; } = [];

    /// <summary>Starts n1, n2, ... one after the other and waits until each knows all.</summary>
    public static async Task<AgentGroup> StartAsync(int count, Dictionary<string, string?>? extra = null)
    {
        var group = new AgentGroup(await PaperVoter.StartAsync(), extra ?? []);
        for (var i = 1; i <= count; i++) await group.BootAsync($"n{i}");
        await group.UntilWholeAsync(count);
        return group;
    }

    public async Task<AgentHost> BootAsync(string node, Announcements? bus = null, string? voter = null)
    {
        var settings = AgentHost.Quick(node, "east", voter ?? Voter.Url, Agents.FirstOrDefault());
        foreach (var (key, value) in _extra) settings[key] = value;
        var agent = await AgentHost.StartAsync(settings, bus);
        Agents.Add(agent);
        return agent;
    }

    public async Task KillAsync(AgentHost agent)
    {
        Agents.Remove(agent);
        await agent.KillAsync();
    }

    public async Task UntilWholeAsync(int count)
    {
        foreach (var agent in Agents)
        {
            await agent.UntilAsync(
                view => view.Peers.Count(peer => peer.Record.State == PeerState.Up) == count, $"{count} peers are up");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Agents) await agent.DisposeAsync();
        await Voter.DisposeAsync();
    }
}
