using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;
using Microsoft.Extensions.Configuration;

namespace Holdfast.KeyValue;

/// <summary>What one voter of the store is started with.</summary>
internal sealed record StoreSettings(RaftHostOptions Raft, IPEndPoint Clients)
{
    public static StoreSettings From(IConfiguration arguments)
    {
        ImmutableArray<RaftVoter> voters = [.. Demand(arguments, "voters").Split(',').Select(VoterOf)];
        var node = new NodeId(Demand(arguments, "node"));
        var self = voters.Single(voter => voter.Node == node);
        return new StoreSettings(
            new RaftHostOptions
            {
                Node = node,
                Group = "key-value",
                Voters = voters,
                Listen = new IPEndPoint(IPAddress.Parse(self.Host), self.Port),
                DataDirectory = Demand(arguments, "data"),
                Secret = arguments["secret"] is { } file ? File.ReadAllBytes(file) : default,
                SegmentBytesMax = Number(arguments, "segment-bytes", 64 * 1024 * 1024),
                Raft = Figures(arguments),
            },
            IPEndPoint.Parse(Demand(arguments, "clients")));
    }

    /// <summary>
    /// Snapshots hold the whole state, so a store that is written fast takes them less often than the default. Voters
    /// of one machine get in each other's way, so the one that is not needed is asked a little later.
    /// </summary>
    private static RaftOptions Figures(IConfiguration arguments) => new()
    {
        Heartbeat = Milliseconds(arguments, "heartbeat", 100),
        ElectionTimeoutMin = Milliseconds(arguments, "election-min", 500),
        ElectionTimeoutMax = Milliseconds(arguments, "election-max", 1000),
        ElectionHints = arguments["hints"] != "off",
        ReserveWait = Milliseconds(arguments, "reserve-wait", 2),
        SnapshotEntries = Number(arguments, "snapshot-entries", 400_000),
        SnapshotBytes = 512L * 1024 * 1024,
        LogEntriesMax = 2 * Number(arguments, "snapshot-entries", 400_000),
        LogBytesMax = 1024L * 1024 * 1024,
    };

    private static RaftVoter VoterOf(string text)
    {
        var parts = text.Split('=', ':');
        return new RaftVoter(new NodeId(parts[0]), parts[1], int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    private static TimeSpan Milliseconds(IConfiguration arguments, string name, int otherwise) =>
        TimeSpan.FromMilliseconds(Number(arguments, name, otherwise));

    private static int Number(IConfiguration arguments, string name, int otherwise) =>
        arguments[name] is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static string Demand(IConfiguration arguments, string name) =>
        arguments[name] ?? throw new ArgumentException($"--{name} is missing.");
}
