using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Servers;

namespace Holdfast.Benchmarks.Failover;

/// <summary>
/// Arguments of every process of one installation: addresses and secrets, and the few settings that differ from their
/// defaults, which are printed.
/// </summary>
internal sealed class SystemSettings : IDisposable
{
    /// <summary>The cluster whose Failover takes over.</summary>
    public const string Heir = "west";

    private static readonly (string Id, string Domain)[] Voters =
        [("voter-1", "east"), ("voter-2", Heir), ("voter-3", "witness")];

    private static readonly string[] Quiet =
        ["--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft=Warning"];

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-bench-");
    private readonly (int Raft, int Http)[] _ports = [.. Voters.Select(_ => (FreePort.Next(), FreePort.Next()))];
    private readonly ITestServer _redis;
    private readonly ITestServer _rabbit;
    private readonly string _token;
    private readonly string _secret;

    public SystemSettings(ITestServer redis, ITestServer rabbit)
    {
        (_redis, _rabbit) = (redis, rabbit);
        _token = Write("token", "token-of-the-benchmarks");
        _secret = Write("secret", "a secret of the benchmarks");
    }

    /// <summary>What is not the default, for the reader of the figures.</summary>
    public static string Differences => $"Failover:Grace=00:00:00, logs from warnings on, {Precedence.Differences}";

    /// <summary>The same of agents, which here stand on one machine.</summary>
    public static string AgentDifferences => "Gossip:WanInterval=00:00:00.200";

    public ConsensusClientOptions ConsensusClient => new()
    {
        Endpoints = [.. _ports.Select(ports => $"http://127.0.0.1:{ports.Http}")],
        TokenFile = _token,
    };

    public DirectoryOptions Directory => new() { Redis = _redis.Address };

    public BusOptions Bus => new() { Host = _rabbit.Host, Port = _rabbit.Port };

    public IEnumerable<ServiceProcess> StartVoters() => Voters.Select((voter, i) => new ServiceProcess(
        "Consensus",
        _ports[i].Http,
        [
            .. Common(voter.Id, voter.Domain),
            $"--Consensus:Listen=127.0.0.1:{_ports[i].Raft}",
            $"--Consensus:DataDirectory={_folder.CreateSubdirectory(voter.Id).FullName}",
            $"--Consensus:SecretFile={_secret}",
            .. Voters.SelectMany((other, k) => new[]
            {
                $"--Consensus:Voters:{k}:Node={other.Id}",
                $"--Consensus:Voters:{k}:Domain={other.Domain}",
                $"--Consensus:Voters:{k}:RaftAddress=127.0.0.1:{_ports[k].Raft}",
                $"--Consensus:Voters:{k}:HttpAddress=http://127.0.0.1:{_ports[k].Http}",
            }),
        ]));

    public ServiceProcess StartFailover() => new(
        "Failover",
        FreePort.Next(),
        [
            .. Common($"{Heir}-1", Heir),
            .. Consensus(),
            $"--Directory:Redis={_redis.Address}",
            "--Failover:Grace=00:00:00",
        ]);

    public ServiceProcess StartAgent(string node, string cluster, string listen, IEnumerable<string> seeds) => new(
        "Gossip",
        FreePort.Next(),
        [
            .. Common(node, cluster),
            .. Consensus(),
            $"--Gossip:Listen={listen}",
            $"--Gossip:SecretFile={_secret}",
            $"--{AgentDifferences}",
            .. seeds.Select((seed, i) => $"--Gossip:Seeds:{i}={seed}"),
        ]);

    public void Dispose() => _folder.Delete(recursive: true);

    private IEnumerable<string> Common(string node, string cluster) =>
    [
        $"--Node:Id={node}",
        $"--Node:Cluster={cluster}",
        $"--Auth:TokenFile={_token}",
        $"--Bus:Host={_rabbit.Host}",
        $"--Bus:Port={_rabbit.Port}",
        .. Quiet,
    ];

    private IEnumerable<string> Consensus() =>
    [
        .. _ports.Select((ports, i) => $"--ConsensusClient:Endpoints:{i}=http://127.0.0.1:{ports.Http}"),
        $"--ConsensusClient:TokenFile={_token}",
    ];

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
