using FsCheck;
using FsCheck.Fluent;
using Holdfast.Consensus.Protocol.Alerts;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Alerts;

/// <summary>What a voter tells operators, and how often.</summary>
public sealed class AlertDetectorTests
{
    private static readonly NodeId N1 = new("n1");
    private static readonly NodeId N2 = new("n2");
    private static readonly NodeId N3 = new("n3");
    private static readonly AlertOptions Options = new();

    private readonly AlertDetector _detector = new(Options);

    [Fact]
    public void A_silent_voter_is_told_of_once_and_again_once_it_has_answered_for_a_while()
    {
        Tell(Leads(at: 0)).ShouldBe(["leaderChanged n1: n1 leads term 1."]);
        Tell(Leads(at: 1.9, n3HeardAt: 0)).ShouldBeEmpty();
        Tell(Leads(at: 2.1, n3HeardAt: 0)).ShouldBe(["nodeFailed n3: n3 has not answered for 2.1 s."]);
        Standing().ShouldBe(["nodeFailed n3"]);
        Tell(Leads(at: 60, n3HeardAt: 0)).ShouldBeEmpty();
        Tell(Leads(at: 61)).ShouldBeEmpty();
        Tell(Leads(at: 70.9)).ShouldBeEmpty();
        Tell(Leads(at: 71)).ShouldBe(["nodeRecovered n3: n3 answers again."]);
        Standing().ShouldBeEmpty();
        Tell(Leads(at: 80, n3HeardAt: 71)).ShouldBe(["nodeFailed n3: n3 has not answered for 9.0 s."]);
    }

    [Fact]
    public void A_voter_that_comes_and_goes_is_told_of_once_until_it_stays()
    {
        Tell(Leads(at: 0));
        var told = new List<string>();
        for (var at = 3.0; at < 300; at += 3) told.AddRange(Tell(Leads(at, n3HeardAt: at - (at % 6 == 0 ? 2.5 : 0))));
        told.ShouldBe(["nodeFailed n3: n3 has not answered for 2.5 s."]);
    }

    [Fact]
    public void A_slow_heartbeat_makes_nobody_fail() =>
        Tell(Leads(at: 19, n3HeardAt: 0) with { ElectionTimeoutMin = TimeSpan.FromSeconds(20) })
            .ShouldBe(["leaderChanged n1: n1 leads term 1."]);

    [Fact]
    public void Who_leads_no_more_forgets_what_it_told_of_others_and_a_new_leader_looks_for_itself()
    {
        Tell(Leads(at: 0));
        Tell(Leads(at: 3, n3HeardAt: 0)).ShouldBe(["nodeFailed n3: n3 has not answered for 3.0 s."]);
        Tell(Follows(N2, at: 4)).ShouldBeEmpty();
        Standing().ShouldBeEmpty();
        var again = Leads(at: 15, n3HeardAt: 12) with { Term = new Term(3), FollowedLast = N2 };
        Tell(again).ShouldBe(
            ["leaderChanged n1: n1 leads term 3, after n2.", "nodeFailed n3: n3 has not answered for 3.0 s."]);
    }

    [Fact]
    public void A_storm_of_elections_is_told_of_once_in_a_while()
    {
        var told = 0;
        for (ulong term = 1; term <= 100; term++)
            told += Tell(Leads(at: term * 0.5) with { Term = new Term(term) }).Count;
        told.ShouldBe(5, "In 50 s, one in 10 s.");
    }

    [Fact]
    public void A_quorum_is_lost_after_a_while_without_a_leader_and_restored_after_a_while_with_one()
    {
        Tell(Follows(N2, at: 0)).ShouldBeEmpty();
        Tell(Follows(null, at: 1)).ShouldBeEmpty();
        Tell(Follows(N2, at: 2)).ShouldBeEmpty();
        Tell(Follows(null, at: 3)).ShouldBeEmpty();
        Tell(Follows(null, at: 5.9)).ShouldBeEmpty();
        var lost = _detector.Look(Follows(null, at: 6), At(6)).ShouldHaveSingleItem();
        (lost.Kind, lost.Voters, lost.Reachable).ShouldBe((AlertKind.QuorumLost, 3, 2));
        Tell(Follows(null, at: 100)).ShouldBeEmpty();
        Tell(Follows(N3, at: 101)).ShouldBeEmpty();
        var restored = _detector.Look(Follows(N3, at: 111), At(111)).ShouldHaveSingleItem();
        (restored.Kind, restored.Voters, restored.Standing.Length).ShouldBe((AlertKind.QuorumRestored, 3, 0));
    }

    [Fact]
    public void Who_does_not_vote_has_no_quorum_to_lose() =>
        Enumerable.Range(0, 100).SelectMany(at => Tell(Follows(null, at) with { IsVoter = false })).ShouldBeEmpty();

    [Fact]
    public void A_voter_that_lacks_much_for_a_while_is_slow_until_it_lacks_little()
    {
        Tell(Leads(at: 0));
        Tell(Leads(at: 1, lag: 30_000)).ShouldBeEmpty();
        Tell(Leads(at: 2, lag: 10)).ShouldBeEmpty();
        Tell(Leads(at: 3, lag: 20_001)).ShouldBeEmpty();
        Tell(Leads(at: 8, lag: 40_000))
            .ShouldBe(["slowReplication n3: n3 lacks 40000 entries, and more than 20000 for 5.0 s."]);
        Tell(Leads(at: 30, lag: 10_001)).ShouldBeEmpty();
        Tell(Leads(at: 31, lag: 9_000)).ShouldBeEmpty();
        Tell(Leads(at: 41, lag: 100)).ShouldBe(["replicationRecovered n3: n3 lacks 100 entries."]);
    }

    [Fact]
    public void A_disk_that_stalls_is_told_of_with_the_leader_that_it_cost_its_place()
    {
        Tell(Leads(at: 0));
        Tell(Leads(at: 5) with { DiskStalledSince = At(2) })
            .ShouldBe(["diskStalled: The disk of n1 has confirmed nothing for 3.0 s."]);
        Tell(Follows(N2, at: 6) with { DiskStalledSince = At(2) }).ShouldBe(
            ["leaderYielded n2: n1 led term 1 and gave its place up, since its disk stalls; n2 leads now."]);
        Tell(Follows(N2, at: 7)).ShouldBeEmpty();
        Tell(Follows(N2, at: 17)).ShouldBe(["diskRecovered: The disk of n1 confirms again."]);
    }

    [Fact]
    public void What_has_no_end_is_told_once_in_a_while_with_how_often_it_happened()
    {
        Tell(Follows(N2, at: 1) with { EntriesMissingAt = At(1) }).Count.ShouldBe(1);
        for (var at = 2; at < 300; at++) Tell(Follows(N2, at) with { EntriesMissingAt = At(at) }).ShouldBeEmpty();
        Tell(Follows(N2, at: 302) with { EntriesMissingAt = At(302) })
            .ShouldHaveSingleItem().ShouldContain("(298 more");
        Tell(Follows(N2, at: 303) with { EntriesMissingAt = At(302), SnapshotDamagedAt = At(303) })
            .ShouldHaveSingleItem().ShouldContain("corruptionFound");
        _detector.Report(AlertKind.VoterStopped, "The disk is full.", At(304)).ShouldHaveSingleItem()
            .Evidence.ShouldBe("The disk is full.");
    }

    /// <summary>Whatever a voter sees: conditions begin and end in turn, and no more often than they may.</summary>
    [Fact]
    public void Conditions_begin_and_end_in_turn_and_a_bounded_number_of_times() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100), Prop.ForAll((int seed) => DemandTurns(seed)));

    private static void DemandTurns(int seed)
    {
        var random = new Random(seed);
        var detector = new AlertDetector(Options);
        var standing = new HashSet<(AlertKind, NodeId?)>();
        var (failures, losses) = (0, 0);
        for (var at = 0.0; at < 600; at += random.NextDouble())
        {
            var view = random.Next(20) == 0
                ? Follows(random.Next(2) == 0 ? null : N2, at)
                : Leads(at, n3HeardAt: at - (random.NextDouble() * 3), lag: random.Next(50_000));
            if (view.Role != RaftRole.Leader)
            {
                losses++;
                standing.RemoveWhere(static one => one.Item2 is not null);
            }

            foreach (var alert in detector.Look(view, At(at)))
            {
                if (alert.Kind == AlertKind.NodeFailed) failures++;
                if (BeginningOf(alert.Kind) is { } beginning) standing.Remove((beginning, alert.About)).ShouldBeTrue();
                else if (IsBeginning(alert.Kind)) standing.Add((alert.Kind, alert.About)).ShouldBeTrue();
            }

            detector.Standing.Select(static one => (one.Kind, one.About)).ShouldBe(standing, ignoreOrder: true);
        }

        failures.ShouldBeLessThanOrEqualTo(60 + losses, "One leadership tells of one failure in ten seconds.");
    }

    private static bool IsBeginning(AlertKind kind) =>
        kind is AlertKind.NodeFailed or AlertKind.QuorumLost or AlertKind.SlowReplication or AlertKind.DiskStalled;

    private static AlertKind? BeginningOf(AlertKind kind) => kind switch
    {
        AlertKind.NodeRecovered => AlertKind.NodeFailed,
        AlertKind.QuorumRestored => AlertKind.QuorumLost,
        AlertKind.ReplicationRecovered => AlertKind.SlowReplication,
        AlertKind.DiskRecovered => AlertKind.DiskStalled,
        _ => null,
    };

    private static Instant At(double seconds) => Instant.Zero + TimeSpan.FromSeconds(seconds);

    private static string Text(AlertKind kind, NodeId? about)
    {
        var word = char.ToLowerInvariant(kind.ToString()[0]) + kind.ToString()[1..];
        return about is { } node ? $"{word} {node}" : word;
    }

    private static GroupView Leads(double at, double? n3HeardAt = null, int lag = 0) => View(at) with
    {
        Role = RaftRole.Leader,
        Leader = N1,
        Peers =
        [
            new PeerView(N2, true, At(at), new LogIndex(100_000)),
            new PeerView(N3, true, At(n3HeardAt ?? at), new LogIndex((ulong)(100_000 - lag))),
        ],
    };

    private static GroupView Follows(NodeId? leader, double at) => View(at) with { Leader = leader };

    private static GroupView View(double at) => new()
    {
        Self = N1,
        Role = RaftRole.Follower,
        Term = new Term(1),
        IsVoter = true,
        LastIndex = new LogIndex(100_000),
        ElectionTimeoutMin = TimeSpan.FromMilliseconds(500),
        Peers =
        [
            new PeerView(N2, true, At(at - 0.1), LogIndex.Zero),
            new PeerView(N3, true, null, LogIndex.Zero),
        ],
    };

    private List<string> Standing() => [.. _detector.Standing.Select(static one => Text(one.Kind, one.About))];

    private List<string> Tell(GroupView view) => TellAt(view, view.Peers[0].HeardAt!.Value);

    // n2 is heard just now by a leader, and a little before by a follower.
    private List<string> TellAt(GroupView view, Instant heard) =>
    [
        .. _detector.Look(view, view.Role == RaftRole.Leader ? heard : heard + TimeSpan.FromSeconds(0.1))
            .Select(static alert => $"{Text(alert.Kind, alert.About)}: {alert.Evidence}"),
    ];
}
