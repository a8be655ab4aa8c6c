using System.Text.Json;
using Holdfast.Contracts;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Nodes;

/// <summary>What a node process is told by its parent, in a file of the run's folder.</summary>
internal sealed record NodeAssignment
{
    /// <summary>Who it is, and its ports.</summary>
    public required NodeEntry Self { get; init; }

    /// <summary>The hub: directory and events.</summary>
    public required Uri Hub { get; init; }

    /// <summary>Where owners write, in the demo.</summary>
    public required Uri Resource { get; init; }

    /// <summary>The run's bearer token.</summary>
    public required string TokenFile { get; init; }

    /// <summary>The HTTP addresses of the voters.</summary>
    public required IReadOnlyList<Uri> Voters { get; init; }

    /// <summary>The HTTP addresses of the Recovery instances of its cluster.</summary>
    public required IReadOnlyList<Uri> Recoveries { get; init; }

    /// <summary>Where the other agents gossip.</summary>
    public required IReadOnlyList<string> Seeds { get; init; }

    /// <summary>Whether an instance of Recovery runs here; only a sabotage leaves it out.</summary>
    public required bool HostsRecovery { get; init; }

    /// <summary>
    /// Whether a program runs here that owns grains and hosts slots, as in the demo; real use brings its own.
    /// </summary>
    public required bool OwnsGrains { get; init; }

    /// <summary>The grains that the cluster owns from the start, by number from 1; 0: none.</summary>
    public required int FirstGrains { get; init; }

    /// <summary>Where the owner keeps what it holds, for the process that comes back after it.</summary>
    public required string JournalFile { get; init; }

    /// <summary>The daemon whose supervisor runs here; null: none.</summary>
    public DaemonEntry? Daemon { get; init; }

    /// <summary>Settings of the services, by key.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    public static NodeAssignment Read(string file) =>
        JsonSerializer.Deserialize<NodeAssignment>(File.ReadAllText(file), ContractJson.Options)!;

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, ContractJson.Options));
}

/// <summary>A <see cref="NodePlace"/> as plain JSON.</summary>
internal sealed record NodeEntry(
    string Node,
    string Cluster,
    int GossipUdp,
    int GossipHttp,
    int FailoverHttp,
    int RecoveryHttp,
    int OwnerHttp)
{
    public static NodeEntry Of(NodePlace place) => new(
        place.Node.Value,
        place.Cluster.Value,
        place.GossipUdp,
        place.GossipHttp,
        place.FailoverHttp,
        place.RecoveryHttp,
        place.OwnerHttp);
}

/// <summary>The daemon of a node, for its supervisor.</summary>
/// <param name="SupervisorHttp">Where the supervisor serves.</param>
/// <param name="DaemonHttp">Where the daemon serves.</param>
/// <param name="Builds">The folder of its builds.</param>
/// <param name="Folder">A folder for its data, its control socket and the supervisor's journal.</param>
internal sealed record DaemonEntry(int SupervisorHttp, int DaemonHttp, string Builds, string Folder);
