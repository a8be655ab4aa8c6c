using System.Net;
using System.Net.Sockets;
using Holdfast.Benchmarks.Load;
using Holdfast.Servers;

namespace Holdfast.Benchmarks.Clusters;

/// <summary>Members of etcd, as installed, on loopback.</summary>
internal sealed class EtcdCluster : IStoreCluster
{
    private readonly string _program;
    private readonly string _directory;
    private readonly int[] _peerPorts;
    private readonly Place[] _places;
    private readonly string[] _more;

    /// <param name="directory">Where the members' data goes.</param>
    /// <param name="places">Where each member runs.</param>
    /// <param name="more">Arguments beyond names and addresses.</param>
    public EtcdCluster(string directory, Place[] places, params string[] more)
    {
        _program = Find() ?? throw new PeerMissingException("etcd-server");
        (_directory, _places, _more) = (Path.Combine(directory, "etcd"), places, more);
        _peerPorts = [.. places.Select(_ => FreePort.Next())];
        Members = [.. places.Select((place, i) =>
            new Member($"e{i + 1}", new IPEndPoint(IPAddress.Parse(place.Address), FreePort.Next())))];
    }

    public string Name => "etcd";

    public string CommandLine => string.Join(' ', ["etcd", .. Arguments(0)]);

    public IReadOnlyList<Member> Members { get; }

    public void Start()
    {
        for (var i = 0; i < Members.Count; i++)
            Members[i].Process ??= _places[i].Start(_program, Arguments(i));
    }

    public IStoreWire NewWire() => new EtcdWire("127.0.0.1");

    public Member? LeaderAccordingTo(Member member)
    {
        try
        {
            var wire = new EtcdWire("127.0.0.1");
            using var loop = new ClosedLoop(member.Clients, wire);
            var answer = loop.Ask(to => wire.TryStatus(to, 0));
            if (answer.Value is not { } status) return null;
            var self = ProtobufReader.Number(ProtobufReader.Field(status, 1), 2);
            return self != 0 && ProtobufReader.Number(status, 4) == self ? member : null;
        }
        catch (Exception failure) when (failure is SocketException or MeasurementFailedException)
        {
            return null;
        }
    }

    public bool IsServing(Member member)
    {
        try
        {
            var wire = new EtcdWire("127.0.0.1");
            using var loop = new ClosedLoop(member.Clients, wire);
            return loop.Ask(to => wire.TryGet(to, 0, "any"u8)).IsDone;
        }
        catch (Exception failure) when (failure is SocketException or MeasurementFailedException)
        {
            return false;
        }
    }

    public void Dispose() => this.KillAll();

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/bin")
            .Select(folder => Path.Combine(folder, "etcd")).FirstOrDefault(File.Exists);

    private IEnumerable<string> Arguments(int i)
    {
        var peers = Members.Select((member, k) => $"{member.Name}=http://{_places[k].Address}:{_peerPorts[k]}");
        var clients = $"http://{Members[i].Clients}";
        var peer = $"http://{_places[i].Address}:{_peerPorts[i]}";
        return
        [
            "--name", Members[i].Name,
            "--data-dir", Path.Combine(_directory, Members[i].Name),
            "--listen-client-urls", clients, "--advertise-client-urls", clients,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", string.Join(',', peers),
            "--log-level", "error",
            .. _more,
        ];
    }
}
