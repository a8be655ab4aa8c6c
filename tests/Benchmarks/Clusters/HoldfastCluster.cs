using System.Net;
using System.Net.Sockets;
using Holdfast.Benchmarks.Load;
using Holdfast.Servers;

namespace Holdfast.Benchmarks.Clusters;

/// <summary>Voters of samples/KeyValue, as built beside this program.</summary>
internal sealed class HoldfastCluster : IStoreCluster
{
    private readonly string _program;
    private readonly string _directory;
    private readonly int[] _voterPorts;
    private readonly Place[] _places;
    private readonly string[] _more;

    /// <param name="directory">Where the voters' data goes.</param>
    /// <param name="places">Where each voter runs.</param>
    /// <param name="more">Arguments beyond names and addresses.</param>
    public HoldfastCluster(string directory, Place[] places, params string[] more)
    {
        _program = Find();
        (_directory, _places, _more) = (Path.Combine(directory, "holdfast"), places, more);
        _voterPorts = [.. places.Select(_ => FreePort.Next())];
        Members = [.. places.Select((place, i) =>
            new Member($"n{i + 1}", new IPEndPoint(IPAddress.Parse(place.Address), FreePort.Next())))];
        System.IO.Directory.CreateDirectory(_directory);
        File.WriteAllText(SecretFile, "a secret of the benchmark's voters");
    }

    /// <summary>Tells two of them apart, of which one runs with other settings.</summary>
    public string Name { get; init; } = "holdfast";

    private string SecretFile => Path.Combine(_directory, "secret");

    public string CommandLine => string.Join(' ', ["dotnet", .. Arguments(0)]);

    public IReadOnlyList<Member> Members { get; }

    public void Start()
    {
        for (var i = 0; i < Members.Count; i++)
            Members[i].Process ??= _places[i].Start("dotnet", Arguments(i));
    }

    public IStoreWire NewWire() => new HoldfastWire();

    public Member? LeaderAccordingTo(Member member)
    {
        try
        {
            var wire = new HoldfastWire();
            using var loop = new ClosedLoop(member.Clients, wire);
            return loop.Ask(to => wire.TryGet(to, 0, "any"u8)).IsDone ? member : null;
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
            var wire = new HoldfastWire();
            using var loop = new ClosedLoop(member.Clients, wire);
            return loop.Ask(to => wire.TryGet(to, 0, "any"u8)).IsDone || wire.LeaderNamed is { Length: > 0 };
        }
        catch (Exception failure) when (failure is SocketException or MeasurementFailedException)
        {
            return false;
        }
    }

    public void Dispose() => this.KillAll();

    /// <summary>This program is in tests/Benchmarks/bin/&lt;configuration&gt;/net10.0.</summary>
    private static string Find()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = here.Parent!.Name;
        var root = here.Parent.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(
            root, "samples", "KeyValue", "bin", configuration, here.Name, "Holdfast.KeyValue.dll");
    }

    private IEnumerable<string> Arguments(int i) =>
    [
        _program,
        "--node", Members[i].Name,
        "--data", Path.Combine(_directory, Members[i].Name),
        "--clients", Members[i].Clients.ToString(),
        "--voters", string.Join(',', Members.Select((_, k) => VoterAt(k))),
        "--secret", SecretFile,
        .. _more,
    ];

    private string VoterAt(int k) => $"{Members[k].Name}={_places[k].Address}:{_voterPorts[k]}";
}
