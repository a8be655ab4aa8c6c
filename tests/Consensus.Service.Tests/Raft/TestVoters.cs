using System.Collections.Immutable;
using System.Net;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Voters on loopback TCP with their logs in a temporary directory, started and stopped at will.</summary>
internal sealed class TestVoters : IAsyncDisposable
{
    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("holdfast-raft-").FullName;
    private readonly ImmutableArray<RaftVoter> _voters;
    private readonly Dictionary<NodeId, (RaftHost Host, ListMachine Machine)> _running = [];

    public TestVoters(int count) => _voters =
    [
        .. Enumerable.Range(1, count)
            .Select(number => new RaftVoter(new NodeId($"n{number}"), "127.0.0.1", FreePort.Next())),
    ];

    /// <summary>The figures of snapshots; those of time are the tests' own.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>Shorter than the longest by half.</summary>
    public TimeSpan ElectionTimeoutMin { get; init; } = TimeSpan.FromMilliseconds(250);

    public ReadOnlyMemory<byte> Secret { get; init; } = "a secret of sixteen bytes or more"u8.ToArray();

    /// <summary>What a voter that starts from now on has of TLS.</summary>
    public Func<NodeId, RaftTlsOptions?> Tls { get; set; } = static _ => null;

    /// <summary>The group begins with so many of them, null for all; the others join with an empty directory.</summary>
    public int? Founders { get; init; }

    /// <summary>Where the voters write their logs; nowhere unless given.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>What a voter that starts from now on does about a damaged log.</summary>
    public CorruptionPolicy Policy { get; set; }

    public IEnumerable<NodeId> Names => _voters.Select(static voter => voter.Node);

    public IEnumerable<RaftHost> Running => _running.Values.Select(static running => running.Host);

    public RaftHost this[NodeId node] => _running[node].Host;

    public RaftHostOptions OptionsOf(NodeId node) => new()
    {
        Node = node,
        Group = "test",
        Voters = IsFounder(node) ? [.. _voters.Where(voter => IsFounder(voter.Node))] : _voters,
        Join = !IsFounder(node),
        Listen = new IPEndPoint(IPAddress.Loopback, _voters.Single(voter => voter.Node == node).Port),
        DataDirectory = Path.Combine(_directory, node.Value),
        Secret = Secret,
        Tls = Tls(node),
        SegmentBytesMax = 64 * 1024,
        CorruptionPolicy = Policy,
        Raft = Raft with
        {
            Heartbeat = TimeSpan.FromMilliseconds(50),
            ElectionTimeoutMin = ElectionTimeoutMin,
            ElectionTimeoutMax = 2 * ElectionTimeoutMin,
        },
    };

    public Member MemberOf(NodeId node)
    {
        var voter = _voters.Single(voter => voter.Node == node);
        return new Member(node, voter.Domain, voter.RaftAddress, voter.HttpAddress);
    }

    public ListMachine MachineOf(NodeId node) => _running[node].Machine;

    public async Task<RaftHost> StartAsync(NodeId node, ListMachine? machine = null)
    {
        machine ??= new ListMachine();
        var host = new RaftHost(OptionsOf(node), machine, BootClock.Instance, Loggers);
        await host.StartAsync(CancellationToken.None);
        _running.Add(node, (host, machine));
        return host;
    }

    public async Task StartAllAsync()
    {
        foreach (var node in Names) await StartAsync(node);
    }

    public async Task StopAsync(NodeId node)
    {
        _running.Remove(node, out var running);
        await running.Host.DisposeAsync();
    }

    /// <summary>The first of the running voters that leads and is ready.</summary>
    public async Task<RaftHost> LeaderAsync()
    {
        using var stop = new CancellationTokenSource();
        var waits = Running.ToDictionary(host => (Task)host.LeadsAsync(stop.Token));
        var first = await Task.WhenAny(waits.Keys).OrFailAsync("a voter becomes leader");
        await stop.CancelAsync();
        return waits[first];
    }

    /// <summary>Proposes at whoever leads until it is applied; a repeated command may be in the log twice.</summary>
    public async Task<ProposeOutcome.Applied> ProposeAsync(string command)
    {
        while (true)
        {
            var leader = await LeaderAsync();
            var outcome = await leader.ProposeAsync(Encoding.UTF8.GetBytes(command), CancellationToken.None)
                .OrFailAsync($"'{command}' is answered");
            if (outcome is ProposeOutcome.Applied applied) return applied;
        }
    }

    /// <summary>Asks whoever leads until the change is done, and again where a learner has not caught up.</summary>
    public async Task<Configuration> ChangeAsync(MembershipChange change)
    {
        while (true)
        {
            var leader = await LeaderAsync();
            var outcome = await leader.ChangeMembersAsync(change, CancellationToken.None)
                .OrFailAsync($"the change {change} is answered");
            switch (outcome)
            {
                case MembershipOutcome.Done done:
                    return done.Members;
                case MembershipOutcome.NotLeader:
                case MembershipOutcome.Refused
                {
                    Reason: MembershipRefusal.LearnerNotCaughtUp or MembershipRefusal.LeaderNotReady,
                }:
                    await ProposeAsync("again");
                    continue;
                default:
                    throw new InvalidOperationException($"{change} became {outcome}");
            }
        }
    }

    private bool IsFounder(NodeId node) =>
        Founders is not { } founders || _voters.Take(founders).Any(voter => voter.Node == node);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _running.Keys.ToList()) await StopAsync(node);
        System.IO.Directory.Delete(_directory, recursive: true);
    }
}
