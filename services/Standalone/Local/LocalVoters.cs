using System.Globalization;
using Holdfast.Consensus.Service;
using Holdfast.Hosting;
using Holdfast.Standalone.Hub;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;

namespace Holdfast.Standalone.Local;

/// <summary>The Raft voters, three hosts of this process with a log on disk each.</summary>
internal static class LocalVoters
{
    public static WebApplication Build(VoterPlace voter, Layout layout, WorkFolder folder, HubHost hub, bool quiet)
    {
        var builder = Hosts.NewBuilder("consensus", voter.Http, Settings(voter, layout, folder), quiet: quiet);
        hub.AddBusTo(builder);
        builder.AddHoldfastBus();
        builder.AddConsensus();
        var app = builder.Build();
        app.MapHoldfastDefaults();
        app.MapConsensus();
        return app;
    }

    private static Dictionary<string, string?> Settings(VoterPlace self, Layout layout, WorkFolder folder)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Node:Id"] = self.Node.Value,
            ["Node:Cluster"] = self.Domain,
            ["Auth:TokenFile"] = folder.TokenFile,
            ["Consensus:Listen"] = NodeSettings.Loopback(self.RaftTcp),
            ["Consensus:DataDirectory"] = folder.File(self.Node.Value),
        };
        foreach (var (i, voter) in layout.Voters.Index())
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"Consensus:Voters:{i}");
            settings[$"{prefix}:Node"] = voter.Node.Value;
            settings[$"{prefix}:Domain"] = voter.Domain;
            settings[$"{prefix}:RaftAddress"] = NodeSettings.Loopback(voter.RaftTcp);
            settings[$"{prefix}:HttpAddress"] = Layout.Url(voter.Http).ToString();
        }

        return settings;
    }
}
