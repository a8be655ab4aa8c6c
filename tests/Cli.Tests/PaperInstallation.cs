using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Tests;

/// <summary>
/// Three clusters of two nodes and three voters, on paper: calm, or in the middle of an incident in which <c>east</c>
/// is fenced, <c>voter-3</c> does not answer and <c>west</c> takes over.
/// </summary>
internal sealed class PaperInstallation(bool isIncident = false)
{
    public const string OwnerOfEast = "0001000000000015";
    public const string OwnerOfWest = "0001000000000016";
    public const string Fence = "00010000000000f4";

    private const string Http = "http";
    private static readonly string[] Clusters = ["east", "north", "west"];
    private static readonly string[] Voters = ["voter-1", "voter-2", "voter-3"];

    public static readonly string[] Settings =
    [
        "--consensus", "http://voter-1,http://voter-2,http://voter-3", "--gossip", "http://east-1,http://west-1",
        "--failover", "http://failover-west,http://failover-north",
    ];

    private static readonly DateTime FencedAt = ToolRunner.Now - TimeSpan.FromSeconds(42);

    /// <summary>Everything that answers, answers.</summary>
    public PaperHosts Hosts()
    {
        var hosts = new PaperHosts();
        foreach (var voter in Voters[..(isIncident ? 2 : 3)])
        {
            hosts.IsReady(voter, "consensus")
                .Answers(voter, ConsensusRoutes.Status, Status(voter))
                .Answers(voter, ConsensusRoutes.Snapshot, Snapshot(voter));
        }

        foreach (var agent in isIncident ? new[] { "west-1" } : ["east-1", "west-1"])
            hosts.IsReady(agent, "gossip").Answers(agent, ConsensusRoutes.Snapshot, Gossip(agent));
        hosts.IsReady("failover-west", "failover").Answers("failover-west", FailoverRoutes.Clusters, Failover("west"));
        hosts.Answers("failover-north", FailoverRoutes.Clusters, Failover("north"));
        if (!isIncident) return hosts.IsReady("failover-north", "failover");
        return hosts.Plays("failover-north", "/readyz", _ => Microsoft.AspNetCore.Http.Results.Json(
            new ReadinessAnswer
            {
                Service = "failover",
                Ready = false,
                WaitsFor = [new ReadinessFinding { Name = "directory", Reason = "redis:6379 does not answer" }],
                Warnings = [],
            },
            statusCode: 503));
    }

    /// <summary>What the Failover of a cluster says, at a phase of the incident.</summary>
    public ClustersAnswer Failover(string cluster, string? phase = null) => new()
    {
        Cluster = cluster,
        Sequence = "00010000000000f8-0000000000000002",
        Holds = true,
        Token = "00010000000000f8",
        AppliedIndex = 1_234,
        RefusedCalls = 0,
        Clusters = [.. Clusters.Where(other => other != cluster).Select(other => Watched(cluster, other, phase))],
        TroubledShards = isIncident && cluster == "north"
            ? [new TroubledShard { Shard = 63, Failures = 3, Trouble = "redis:6379 does not answer" }]
            : [],
    };

    private ConsensusStatus Status(string voter) => new()
    {
        Node = voter,
        Role = voter == "voter-1" ? "leader" : "follower",
        Term = 4,
        Leader = "voter-1",
        LeaderAddress = "http://voter-1",
        CommitIndex = 1_234,
        AppliedIndex = 1_234,
        LastIndex = voter == "voter-1" ? 1_235UL : 1_234UL,
        Voters =
        [
            .. Voters.Select(known => new VoterAnswer
            {
                Node = known,
                Domain = $"site-{known[^1]}",
                Address = $"{Http}://{known}",
                Standing = "voter",
                Role = known == "voter-1" ? "leader" : "follower",
                MatchIndex = isIncident && known == "voter-3" ? 900UL : 1_234UL,
            }),
        ],
        SafeLayout = true,
        Alerts = isIncident && voter == "voter-1" ? ["nodeFailed voter-3"] : [],
    };

    private ConsensusSnapshot Snapshot(string voter) => new()
    {
        Node = voter,
        Sequence = "0000000000000004-00000000000004d2",
        AppliedIndex = 1_234,
        SafeLayout = true,
        Nodes = [.. Clusters.SelectMany(cluster => new[] { $"{cluster}-1", $"{cluster}-2" }).Select(Node)],
        Sessions =
        [
            Session(OwnerOfEast, "east", "east-1", IsGone("east") ? "revoked" : "live"),
            Session(OwnerOfWest, "west", "west-2", "live"),
        ],
        Elections =
        [
            .. Clusters.Where(cluster => !IsGone(cluster)).SelectMany(cluster => new[]
            {
                Election($"failover/{cluster}", cluster, $"{cluster}-1"),
                Election($"recovery/{cluster}", cluster, $"{cluster}-2"),
            }),
        ],
        Definitions = isIncident
            ?
            [
                new DefinitionAnswer
                {
                    Key = "pause/failover/north",
                    Value = """{"paused":true,"reason":"network works until six","at":"2026-03-04T04:00:00Z"}""",
                    Token = "0001000000000080",
                },
                new DefinitionAnswer
                {
                    Key = "graintype/session",
                    Value = """{"kind":"leased","allowedClusters":["east","west"]}""",
                    Token = "0001000000000041",
                },
            ]
            : [],
    };

    private bool IsGone(string cluster) => isIncident && cluster == "east";

    private NodeAnswer Node(string node)
    {
        var cluster = node[..^2];
        return new NodeAnswer
        {
            Node = node,
            Cluster = cluster,
            Generation = 7,
            Live = !IsGone(cluster),
            Fence = IsGone(cluster)
                ? new FenceAnswer
                {
                    Node = node,
                    Cluster = cluster,
                    Generation = 7,
                    Outcome = "fenced",
                    Token = node == "east-2" ? Fence : "00010000000000f3",
                    Cause = "silence",
                    FencedAt = FencedAt,
                    LiveClusters = ["north", "west"],
                }
                : null,
        };
    }

    private static SessionAnswer Session(string session, string cluster, string node, string state) => new()
    {
        Session = session,
        Token = session,
        Cluster = cluster,
        Node = node,
        Generation = 7,
        Ttl = TimeSpan.FromSeconds(5),
        Name = "accounts",
        Agent = false,
        State = state,
    };

    private static ElectionAnswer Election(string name, string cluster, string node) => new()
    {
        Election = name,
        Holder = "0001000000000009",
        Token = $"00010000000000{name.Length:x2}",
        Cluster = cluster,
        Node = node,
        Term = 4,
        Queue = [],
    };

    private GossipSnapshot Gossip(string agent) => new()
    {
        Node = agent,
        Cluster = agent[..^2],
        Version = 12,
        Members =
        [
            .. Clusters.SelectMany(cluster => new[] { $"{cluster}-1", $"{cluster}-2" }).Select(node => Member(node)),
        ],
    };

    private MemberAnswer Member(string node)
    {
        var isDown = IsGone(node[..^2]);
        var isSuspected = isIncident && node == "north-2";
        return new MemberAnswer
        {
            Node = node,
            Cluster = node[..^2],
            Generation = 7,
            Verdict = isDown ? 3UL : 0UL,
            State = isDown ? "down" : isSuspected ? "suspected" : "up",
            Sequence = "0000000000000007-0000000000000003",
            Phi = isDown ? 42.5 : isSuspected ? 8.4 : 0.2,
            PhiThreshold = 8,
            SilentFor = isDown ? TimeSpan.FromSeconds(44) : TimeSpan.FromMilliseconds(isSuspected ? 2_700 : 90),
            Observers = ["north-1", "west-1"],
            Accusers = isDown ? ["north-1", "west-1"] : [],
            Address = $"{node}:7946",
        };
    }

    private WatchedCluster Watched(string by, string cluster, string? phase)
    {
        var watched = new WatchedCluster
        {
            Cluster = cluster,
            Subject = $"failover/{by}/{cluster}",
            Sequence = "00010000000000f8-0000000000000001",
            Phase = "monitoring",
            FencedNodes = [],
        };
        if (!IsGone(cluster)) return watched;
        watched = watched with
        {
            Phase = "primaryUnreachable",
            FencedNodes = ["east-1", "east-2"],
            FenceToken = Fence,
            Grace = TimeSpan.FromSeconds(30),
        };
        return by != "west" ? watched : watched with
        {
            Phase = phase ?? "promoting",
            Promoted = 996,
            Lost = 0,
            Failed = 1,
            Stranded = 4,
            Sweeps = 1,
            CleanShards = "61 of 64",
        };
    }
}
