using Holdfast.Cli.Output;
using Holdfast.Cli.Status;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Explain;

/// <summary>
/// What would happen to a grain now, and why nothing else: the rules of docs/protocols/failover.md and directory.md, in
/// the order in which they decide.
/// </summary>
internal sealed class Reasoning
{
    private readonly List<Reason> _reasons = [];
    private readonly Evidence _evidence;

    private Reasoning(Evidence evidence) => _evidence = evidence;

    public static IReadOnlyList<Reason> Of(Evidence evidence, OwnerPart? owner)
    {
        var reasoning = new Reasoning(evidence);
        if (evidence.Grain.IsExternal) reasoning.OfExternal();
        else if (owner is null) reasoning.OfNobody();
        else reasoning.OfOwner(owner);
        return reasoning._reasons;
    }

    public static string StateOf(Evidence evidence) => evidence.Record switch
    {
        _ when evidence.Grain.IsExternal => "external",
        null => "unclaimed",
        { Released: true } => "released",
        { Holder: null } => "waiting",
        _ => "held",
    };

    private void OfExternal() => Say(
        "external",
        "Its type begins with ext.: its epochs are the source system's, the highest number registered wins, and one " +
        "owner at a time is not promised.");

    private void OfNobody()
    {
        var sessions = _evidence.Consensus?.Sessions
            .Count(session => session is { State: OwnerReading.Live, Agent: false });
        var under = _evidence.Record is { } record ? $", under a token not below that of {record.Epoch}" : "";
        if (sessions == 0)
            Say("nobodyCanClaim", "Nobody owns it, and no process has a living session to claim it with.");
        else
            Say("mayClaim", $"Nobody owns it: the first process that claims it has it{under}.");
    }

    private void OfOwner(OwnerPart owner)
    {
        if (owner.Alive == true)
        {
            Say("ownerLives", $"Nothing moves it: the session of its owner lives{On(owner.Node)}.");
            return;
        }

        if (owner.Session is null) OfUnclaimed(owner);
        else if (owner.Alive == false) OfGone(owner);
        OfFailover(owner);
        OfAllowed(owner);
    }

    private void OfUnclaimed(OwnerPart owner)
    {
        if (owner.SessionsInCluster == 0)
        {
            Say("nobodyCanClaim", $"{owner.Cluster} owns it, and no process of {owner.Cluster} has a living session " +
                "to claim it with.");
            return;
        }

        var who = owner.SessionsInCluster is { } count
            ? $"{Spoken.Of(count, "living session")} of {owner.Cluster} may"
            : $"any living process of {owner.Cluster} may";
        Say("mayClaim", $"{owner.Cluster} owns it, and none of its processes has claimed it yet; {who}.");
    }

    private void OfGone(OwnerPart owner)
    {
        var fence = owner.Fence is { Cause: { } cause } ? $": {owner.Node} is fenced ({cause})" : "";
        var isRevoked = owner.SessionState == OwnerReading.Revoked;
        Say("ownerGone", isRevoked
            ? $"The session that holds it is revoked{fence}. The process may still believe that it owns it; " +
              "resources that compare epochs refuse it as soon as another has it."
            : $"The session that holds it has ended{fence}.");
        if (_evidence.Record?.Kind == "leased" && isRevoked)
        {
            Say("leaseRuns", "It is leased: nobody else has it before the time to live of that session has run out.");
        }
        else if (owner.SessionsInCluster > 0)
        {
            Say("mayClaim", $"{Spoken.Of(owner.SessionsInCluster.Value, "other living session")} of {owner.Cluster} " +
                "may take it over by naming the epoch it had.");
        }
    }

    /// <summary>What the Failovers of other clusters would do about its cluster.</summary>
    private void OfFailover(OwnerPart owner)
    {
        OfPauses(owner.Cluster);
        if (_evidence.Consensus?.LayoutProblem is { } layout) Say("layout", $"No automatic failover: {layout}");
        if (ClusterRows.Furthest(_evidence.Failovers, owner.Cluster) is not var (by, watched))
        {
            Say("noWatcher", "What Failover would do is not known: no Failover of another cluster answered.");
            return;
        }

        _reasons.Add(watched switch
        {
            { Phase: "monitoring", Refused: not null } => new Reason(
                "nobodyKnown",
                $"Consensus knows no node and no session of {owner.Cluster}; nothing is moved from it unless an " +
                "operator forces it."),
            { Phase: "monitoring" } => new Reason(
                "clusterReachable",
                $"Failover does not move it while {owner.Cluster} is reachable{LivesOn(owner.Cluster)}."),
            { Phase: "primaryUnreachable", Refused: { } refused } => new Reason(
                "refused", $"{owner.Cluster} is unreachable, and {by.Cluster} does not take it over: {refused}."),
            { Phase: "primaryUnreachable" } => new Reason("graceRuns", Grace(owner.Cluster, by, watched)),
            { Phase: "promoting" } => new Reason("promoting", $"{by.Cluster} is taking it over: {Figures(watched)}."),
            _ => new Reason(
                "takenOver",
                $"{by.Cluster} has taken over what {owner.Cluster} owned ({Figures(watched)}), and looks again at " +
                "every check. What is left is leased to a session that has not ended, or was claimed since."),
        });
    }

    private void OfPauses(string cluster)
    {
        foreach (var pause in ClusterRows.PausesOf(_evidence.Consensus))
        {
            if (pause.Cluster is not null && pause.Cluster != cluster) continue;
            Say("paused", $"Automatic failover of {pause.Cluster ?? "every cluster"} is paused: " +
                $"{pause.Reason ?? "no reason was given"}.");
        }
    }

    private void OfAllowed(OwnerPart owner)
    {
        if (_evidence.Type?.AllowedClusters is not { Count: > 0 } allowed) return;
        Say("allowedOnly", $"When {owner.Cluster} is taken over, grains of type {_evidence.Grain.Type} go to " +
            $"{Spoken.List([.. allowed])} only.");
    }

    private string Grace(string cluster, ClustersAnswer by, WatchedCluster watched)
    {
        if (watched.Grace is not { } grace ||
            ClusterRows.GraceOverAt(watched, _evidence.Consensus) - _evidence.Findings.At is not { } left)
        {
            return $"{cluster} is unreachable; {by.Cluster} takes it over once its grace is over.";
        }

        return left > TimeSpan.Zero
            ? $"{cluster} is unreachable; {Spoken.Of(left)} of its grace of {Spoken.Of(grace)} are left to come back."
            : $"{cluster} is unreachable and its grace of {Spoken.Of(grace)} is over: {by.Cluster} or another heir " +
              "is about to act.";
    }

    private string LivesOn(string cluster)
    {
        string[] live =
        [
            .. _evidence.Members.Where(member => member.Cluster == cluster && member.HasSession == true)
                .Select(member => member.Node),
        ];
        return live.Length > 0 ? $": {Spoken.List(live)} {(live.Length == 1 ? "lives" : "live")}" : "";
    }

    private static string Figures(WatchedCluster watched) =>
        $"{Spoken.Of(watched.Promoted ?? 0)} promoted, {Spoken.Of(watched.Stranded)} stranded, " +
        $"{Spoken.Of(watched.Sweeps ?? 0, "sweep")}";

    private static string On(string? node) => node is null ? "" : $" on {node}";

    private void Say(string code, string text) => _reasons.Add(new Reason(code, text));
}
