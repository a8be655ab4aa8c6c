using System.Globalization;
using Holdfast.Consensus.Service;
using Holdfast.Hosting;
using Holdfast.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Holdfast.Failover.Service.Tests.World;

/// <summary>
/// A real Consensus: three voters in three domains, Raft over loopback TCP, logs in a folder of its own.
/// </summary>
internal sealed class ThreeVoters : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"holdfast-{Guid.NewGuid():N}");
    private readonly int[] _raft = ThreePorts();
    private readonly int[] _http = ThreePorts();
    private readonly List<WebApplication> _voters = [];

    public IReadOnlyList<string> Endpoints => [.. _http.Select(port => $"http://127.0.0.1:{port}")];

    public static async Task<ThreeVoters> StartAsync(EventBus bus)
    {
        var voters = new ThreeVoters();
        for (var voter = 0; voter < 3; voter++)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls(voters.Endpoints[voter]);
            builder.Configuration.AddInMemoryCollection(voters.Settings(voter));
            builder.Services.AddHoldfastBus(bus);
            builder.AddHoldfastDefaults("consensus", telemetry: false);
            builder.AddHoldfastBus();
            builder.AddConsensus();
            var app = builder.Build();
            app.MapHoldfastDefaults();
            app.MapConsensus();
            voters._voters.Add(app);
            await app.StartAsync();
        }

        return voters;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var voter in _voters) await voter.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private static int[] ThreePorts() => [FreePort.Next(), FreePort.Next(), FreePort.Next()];

    private Dictionary<string, string?> Settings(int own)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Node:Id"] = $"v{own}",
            ["Node:Cluster"] = $"c{own}",
            ["Auth:AllowAnonymous"] = "true",
            ["Bus:Transport"] = "memory",
            ["Consensus:Listen"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_raft[own]}"),
            ["Consensus:DataDirectory"] = Path.Combine(_folder, $"v{own}"),
        };
        for (var voter = 0; voter < 3; voter++)
        {
            settings[$"Consensus:Voters:{voter}:Node"] = $"v{voter}";
            settings[$"Consensus:Voters:{voter}:Domain"] = $"d{voter}";
            settings[$"Consensus:Voters:{voter}:RaftAddress"] = $"127.0.0.1:{_raft[voter]}";
            settings[$"Consensus:Voters:{voter}:HttpAddress"] = Endpoints[voter];
        }

        return settings;
    }
}
