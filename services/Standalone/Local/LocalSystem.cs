using System.Globalization;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Standalone.Hub;
using Holdfast.Standalone.Nodes;
using Holdfast.Standalone.Ports;
using Holdfast.Standalone.Processes;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Standalone.Local;

/// <summary>
/// A whole Holdfast on this machine: the hub and three voters in this process, a process for each node of three
/// clusters, and in the demo one for the resource. Disposing of it leaves no process and no file.
/// </summary>
internal sealed class LocalSystem : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private readonly LocalOptions _options;
    private readonly WorkFolder _folder = new();
    private readonly List<RunningHost> _voters = [];
    private readonly Dictionary<string, ChildProcess> _children = new(StringComparer.Ordinal);
    private HubHost? _hub;
    private ConsensusClient? _consensus;

    private LocalSystem(LocalOptions options, Layout layout) => (_options, Layout) = (options, layout);

    public Layout Layout { get; }

    public HubHost Hub => _hub!;

    public IGrainDirectory Directory => Hub.Directory;

    public ConsensusClient Consensus => _consensus!;

    public string TokenFile => _folder.TokenFile;

    public string Folder => _folder.Path;

    /// <summary>What is broken.</summary>
    public Sabotage Broken => _options.Break;

    /// <summary>The processes by name, the dead ones too.</summary>
    public IReadOnlyDictionary<string, ChildProcess> Children => _children;

    /// <summary>Starts all of it.</summary>
    /// <param name="options">What.</param>
    /// <param name="tell">Told each step.</param>
    /// <param name="cancel">Gives up; what was started ends.</param>
    /// <exception cref="PortTakenException">A port is in use.</exception>
    /// <exception cref="ChildFailedException">A process did not start.</exception>
    /// <exception cref="NotInTimeException">Something did not come up.</exception>
    public static async Task<LocalSystem> StartAsync(
        LocalOptions options, Action<string> tell, CancellationToken cancel)
    {
        var system = new LocalSystem(options, Layout.Plan(new PortPlan(options.Port)));
        try
        {
            await system.StartVotersAsync(tell, cancel);
            await system.StartProcessesAsync(tell, cancel);
            await system.SettleAsync(cancel);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts another process of this program under a name of its own.</summary>
    public ChildProcess StartChild(string name, params IEnumerable<string> arguments) =>
        _children[name] = ChildProcess.Start(name, arguments, _options.ChildLines);

    private bool IsQuiet => _options.ChildLines is null;

    public string AssignmentFile(string node) => _folder.File($"{node}.json");

    public string Journal(string node) => _folder.File($"{node}.held.json");

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_children.Values.Select(child => child.DisposeAsync().AsTask()));
        _consensus?.Dispose();
        await Task.WhenAll(_voters.Select(voter => voter.DisposeAsync().AsTask()));
        if (_hub is not null) await _hub.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartVotersAsync(Action<string> tell, CancellationToken cancel)
    {
        _hub = await ListeningAsync(
            "the hub",
            Layout.HubHttp,
            () => HubHost.StartAsync(Layout.HubHttp, TokenFile, _options.Break == Sabotage.Bus, IsQuiet));
        tell($"hub: directory and events at {Layout.Hub}");
        foreach (var place in Layout.Voters)
        {
            _voters.Add(await ListeningAsync(
                place.Node.Value,
                place.Http,
                () => Hosts.RunAsync(LocalVoters.Build(place, Layout, _folder, _hub, IsQuiet))));
        }

        _consensus = new ConsensusClient(new ConsensusClientOptions
        {
            Endpoints = [.. Layout.Voters.Select(voter => Layout.Url(voter.Http).ToString())],
            TokenFile = TokenFile,
        });
        await Waiting.UntilAsync(
            "the election of a Raft leader",
            StartDeadline,
            async late => (await _consensus.StatusAsync(late)).Leader is not null,
            cancel);
        var status = await _consensus.StatusAsync(cancel);
        tell($"consensus: {Layout.Voters.Count} voters, {status.Leader} leads term {status.Term}");
    }

    private async Task StartProcessesAsync(Action<string> tell, CancellationToken cancel)
    {
        if (_options.Grains is not null)
        {
            string[] gate = _options.Break == Sabotage.Fence ? ["--no-gate"] : [];
            StartChild("resource", [
                "resource", "--port", Layout.ResourceHttp.ToString(CultureInfo.InvariantCulture),
                "--token-file", TokenFile, .. gate]);
        }

        foreach (var place in Layout.Nodes)
        {
            Assignment(place).Write(AssignmentFile(place.Node.Value));
            StartChild(place.Node.Value, "node", AssignmentFile(place.Node.Value));
        }

        await Task.WhenAll(_children.Values.Select(child => child.ReadyAsync(StartDeadline, cancel)));
        foreach (var cluster in Layout.Nodes.GroupBy(node => node.Cluster))
        {
            tell($"cluster {cluster.Key}: " + string.Join(", ", cluster.Select(node =>
                $"{node.Node} (pid {_children[node.Node.Value].Pid})")));
        }
    }

    /// <summary>Waits until everybody knows everybody and the directory is open.</summary>
    private async Task SettleAsync(CancellationToken cancel)
    {
        // Several are opened at once, so the last need not be the last to open; one that is open stays so.
        var open = 0;
        await Waiting.UntilAsync(
            "the creation of the directory",
            StartDeadline,
            async late =>
            {
                while (open < Directory.Shards &&
                    (await Directory.ShardAsync(open, late)).Status == DirectoryStatus.Ok)
                    open++;
                return open == Directory.Shards;
            },
            cancel);
        await Waiting.UntilAsync(
            "a live session of every node",
            StartDeadline,
            async late => (await Consensus.SnapshotAsync(late)).Nodes.Count(node => node.Live) == Layout.Nodes.Count,
            cancel);
    }

    private NodeAssignment Assignment(NodePlace place) => new()
    {
        Self = NodeEntry.Of(place),
        Hub = Layout.Hub,
        Resource = Layout.Resource,
        TokenFile = TokenFile,
        Voters = [.. Layout.Voters.Select(voter => Layout.Url(voter.Http))],
        Recoveries = [.. Layout.Of(place.Cluster.Value).Select(node => Layout.Url(node.RecoveryHttp))],
        Seeds = [.. Layout.Nodes.Select(node => NodeSettings.Loopback(node.GossipUdp))],
        HostsRecovery = _options.Break != Sabotage.Recovery || place.Cluster.Value == Layout.ClusterNames[0],
        OwnsGrains = _options.Grains is not null,
        FirstGrains = place.Cluster.Value == Layout.ClusterNames[0] ? _options.Grains ?? 0 : 0,
        JournalFile = Journal(place.Node.Value),
        Daemon = _options.Grains is not null && place.Node == Layout.Daemon.Node
            ? new DaemonEntry(
                Layout.Daemon.SupervisorHttp,
                Layout.Daemon.DaemonHttp,
                Path.Combine(AppContext.BaseDirectory, "builds"),
                _folder.File(DaemonSettings.Name))
            : null,
        Settings = ServiceSettings(),
    };

    private Dictionary<string, string> ServiceSettings()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Failover:Grace"] = _options.Grace.ToString("c", CultureInfo.InvariantCulture),
            ["Failover:CheckInterval"] = "00:00:01",
        };
        if (_options.Break == Sabotage.Detector) settings["Gossip:PauseAccepted"] = "00:01:00";
        if (_options.Break == Sabotage.Promoter) settings["Failover:Watched:0"] = "nobody";
        return settings;
    }

    /// <summary>A port that was free a moment ago may be taken now; that is said like one that was asked for.</summary>
    private static async Task<T> ListeningAsync<T>(string what, int port, Func<Task<T>> start)
    {
        try
        {
            return await start();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new PortTakenException(port, what, "Choose another --port, or try again.");
        }
    }
}
