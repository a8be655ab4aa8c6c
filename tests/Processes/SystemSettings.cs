using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Servers;

namespace Holdfast.Processes;

/// <summary>The configuration of every process of one system: addresses, secrets, and short honest timings.</summary>
public sealed class SystemSettings : IDisposable
{
    private static readonly (string Id, string Domain)[] VoterNames =
        [("voter-1", "east"), ("voter-2", "west"), ("voter-3", "witness")];

    /// <summary>What every process demands of those who change something.</summary>
    public const string Token = "integration-token-0123456789";

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-");
    private readonly List<VoterPlace> _voters;
    private readonly string _token;
    private readonly string _secret;

    public SystemSettings(ITestServer rabbit, ITestServer redis)
    {
        (Rabbit, Redis) = (rabbit, redis);
        _voters =
        [
            .. VoterNames.Select(voter => new VoterPlace(voter.Id, voter.Domain, FreePort.Next(), FreePort.Next())),
        ];
        _token = Write("token", Token);
        _secret = Write("secret", "integration-secret-0123456789");
    }

    public ITestServer Rabbit { get; }

    public ITestServer Redis { get; }

    public IReadOnlyList<VoterPlace> Voters => _voters;

    public ConsensusClientOptions ConsensusClient => new()
    {
        Endpoints = [.. _voters.Select(voter => voter.HttpAddress)],
        TokenFile = _token,
    };

    public DirectoryOptions Directory => new() { Redis = Redis.Address, Shards = 16 };

    public Dictionary<string, string> Voter(VoterPlace place)
    {
        var settings = Node(place.Id, place.Domain);
        settings["Consensus:Listen"] = place.RaftAddress;
        settings["Consensus:DataDirectory"] = _folder.CreateSubdirectory(place.Id).FullName;
        settings["Consensus:SecretFile"] = _secret;
        for (var i = 0; i < _voters.Count; i++)
        {
            settings[$"Consensus:Voters:{i}:Node"] = _voters[i].Id;
            settings[$"Consensus:Voters:{i}:Domain"] = _voters[i].Domain;
            settings[$"Consensus:Voters:{i}:RaftAddress"] = _voters[i].RaftAddress;
            settings[$"Consensus:Voters:{i}:HttpAddress"] = _voters[i].HttpAddress;
        }

        return settings;
    }

    public Dictionary<string, string> Agent(string node, string cluster, string listen, IEnumerable<string> seeds)
    {
        var settings = WithConsensus(Node(node, cluster));
        settings["Gossip:Listen"] = listen;
        settings["Gossip:SecretFile"] = _secret;
        settings["Gossip:LanInterval"] = "00:00:00.200";
        settings["Gossip:WanInterval"] = "00:00:00.300";
        settings["Gossip:QuietInterval"] = "00:00:00.300";
        var i = 0;
        foreach (var seed in seeds) settings[$"Gossip:Seeds:{i++}"] = seed;
        return settings;
    }

    public Dictionary<string, string> Failover(string node, string cluster)
    {
        var settings = WithDirectory(WithConsensus(Node(node, cluster)));
        settings["Failover:Grace"] = "00:00:02";
        settings["Failover:CheckInterval"] = "00:00:00.500";
        return settings;
    }

    /// <summary>The sample that guards balances.</summary>
    public Dictionary<string, string> Ledger() => new(StringComparer.Ordinal)
    {
        ["Node:Id"] = "ledger",
        ["Node:Cluster"] = "outside",
        ["Auth:TokenFile"] = _token,
        ["Ledger:DataDirectory"] = Path.Combine(_folder.FullName, "ledger"),
    };

    /// <summary>The sample that owns grains, on one node.</summary>
    public Dictionary<string, string> Accounts(string node, string cluster, Uri ledger)
    {
        var settings = WithDirectory(WithConsensus(Node(node, cluster)));
        settings["Accounts:Ledger"] = ledger.ToString();
        settings["Accounts:LedgerTokenFile"] = _token;
        settings["Accounts:WriteInterval"] = "00:00:00.200";
        settings["Accounts:ReconcileInterval"] = "00:00:01";
        return settings;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Dictionary<string, string> Node(string id, string cluster) => new(StringComparer.Ordinal)
    {
        ["Node:Id"] = id,
        ["Node:Cluster"] = cluster,
        ["Auth:TokenFile"] = _token,
        ["Bus:Transport"] = "rabbitmq",
        ["Bus:Host"] = Rabbit.Host,
        ["Bus:Port"] = $"{Rabbit.Port}",
    };

    private Dictionary<string, string> WithConsensus(Dictionary<string, string> settings)
    {
        for (var i = 0; i < _voters.Count; i++) settings[$"ConsensusClient:Endpoints:{i}"] = _voters[i].HttpAddress;
        settings["ConsensusClient:TokenFile"] = _token;
        return settings;
    }

    private Dictionary<string, string> WithDirectory(Dictionary<string, string> settings)
    {
        settings["Directory:Backend"] = "redis";
        settings["Directory:Redis"] = Redis.Address;
        settings["Directory:Shards"] = $"{Directory.Shards}";
        return settings;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}

/// <summary>Where a voter is.</summary>
public sealed record VoterPlace(string Id, string Domain, int RaftPort, int HttpPort)
{
    public string RaftAddress => $"127.0.0.1:{RaftPort}";

    public string HttpAddress => $"http://127.0.0.1:{HttpPort}";
}
