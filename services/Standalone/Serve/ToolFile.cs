using System.Text.Json;
using Holdfast.Standalone.Local;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Serve;

/// <summary>The settings with which the <c>holdfast</c> tool finds this run; docs/cli.md tells all of them.</summary>
internal static class ToolFile
{
    private const string Name = "holdfast.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes it into the folder of the run, and says where.</summary>
    public static string Write(LocalSystem system)
    {
        var layout = system.Layout;
        var path = Path.Combine(system.Folder, Name);
        File.WriteAllText(path, JsonSerializer.Serialize(
            new
            {
                Consensus = layout.Voters.Select(voter => Layout.Url(voter.Http)),
                Gossip = layout.Nodes.Select(node => Layout.Url(node.GossipHttp)),
                Failover = layout.Nodes.Select(node => Layout.Url(node.FailoverHttp)),
                Recovery = layout.Nodes.Select(node => Layout.Url(node.RecoveryHttp)),
                Directory = layout.Hub,
                system.TokenFile,
            },
            Json));
        return path;
    }
}
