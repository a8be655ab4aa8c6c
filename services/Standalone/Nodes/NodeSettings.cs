using System.Globalization;

namespace Holdfast.Standalone.Nodes;

/// <summary>The configuration of the services in a node process, as their own sections want it.</summary>
internal static class NodeSettings
{
    public static Dictionary<string, string?> Of(NodeAssignment assignment)
    {
        var self = assignment.Self;
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Node:Id"] = self.Node,
            ["Node:Cluster"] = self.Cluster,
            ["Auth:TokenFile"] = assignment.TokenFile,
            ["ConsensusClient:TokenFile"] = assignment.TokenFile,
            ["Directory:Backend"] = "http",
            ["Directory:Address"] = assignment.Hub.ToString(),
            ["Directory:TokenFile"] = assignment.TokenFile,
            ["Gossip:Listen"] = Loopback(self.GossipUdp),
            ["Gossip:HttpAdvertise"] = $"http://{Loopback(self.GossipHttp)}",
        };
        AddList("ConsensusClient:Endpoints", assignment.Voters.Select(voter => voter.ToString()));
        AddList("Gossip:Seeds", assignment.Seeds);
        foreach (var (key, value) in assignment.Settings) settings[key] = value;
        return settings;

        void AddList(string key, IEnumerable<string> values)
        {
            foreach (var (i, value) in values.Index())
                settings[string.Create(CultureInfo.InvariantCulture, $"{key}:{i}")] = value;
        }
    }

    public static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}
