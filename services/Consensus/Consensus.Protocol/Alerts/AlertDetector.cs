using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Alerts;

/// <summary>
/// Tells what an operator should know of a group, from what one of its voters sees. Every voter has one and shows it
/// its view a few times a second. What only a leader can see (who is silent, who is behind) is told by the leader
/// alone, and forgotten when it leads no more: the next one looks for itself. What a group without a leader has to say
/// is told by each voter that sees it.
/// <para>
/// Alerts are told at edges. A condition is raised once it has held for a while and is over once it has not held for a
/// while, so it can be raised again, and what flaps is told of a bounded number of times. Kinds that have no end are
/// told at most once in <see cref="RepeatPause"/>, with how often they happened since.
/// </para>
/// </summary>
public sealed class AlertDetector(AlertOptions options)
{
    /// <summary>Between two alerts of a kind that has no end.</summary>
    public static readonly TimeSpan RepeatPause = TimeSpan.FromMinutes(5);

    private const string WithoutChecksum = "A leader's snapshot came without its checksum; it is asked for anew.";

    private const string ThrownAway =
        "A follower had the whole snapshot of this voter and threw it away: the file is damaged here, or came " +
        "damaged, or the follower restarted. Another snapshot takes its place.";

    private readonly Dictionary<(AlertKind Kind, NodeId? About), Condition> _conditions = [];
    private readonly Dictionary<AlertKind, (Instant At, int More)> _toldAt = [];
    private readonly ImmutableArray<Alert>.Builder _alerts = ImmutableArray.CreateBuilder<Alert>();
    private GroupView? _before;
    private Term _changeTold;
    private Instant? _changeToldAt;
    private Instant? _entriesMissingAt;
    private Instant? _snapshotDamagedAt;

    /// <summary>What holds now.</summary>
    public ImmutableArray<StandingAlert> Standing =>
    [
        .. _conditions.Where(static pair => pair.Value.IsRaised)
            .Select(static pair => new StandingAlert(pair.Key.Kind, pair.Key.About))
            .OrderBy(static standing => standing.Kind)
            .ThenBy(static standing => standing.About?.Value, StringComparer.Ordinal),
    ];

    /// <summary>What the newest view says that earlier ones did not.</summary>
    public ImmutableArray<Alert> Look(GroupView view, Instant now)
    {
        if (view.Role != RaftRole.Leader || (_before is { } before && before.Term != view.Term)) ForgetOthers();
        LookAtDisk(view, now);
        LookAtQuorum(view, now);
        if (view.Role == RaftRole.Leader)
        {
            LookAtLeadership(view, now);
            ForgetAllBut(view.Peers);
            foreach (var peer in view.Peers) LookAt(peer, view, now);
        }

        if (Grew(ref _entriesMissingAt, view.EntriesMissingAt))
            Tell(AlertKind.EntriesMissing, "The leader names entries that this disk acknowledged and does not hold.");
        if (Grew(ref _snapshotDamagedAt, view.SnapshotDamagedAt))
            Tell(AlertKind.CorruptionFound, view.Role == RaftRole.Leader ? ThrownAway : WithoutChecksum);
        _before = view;
        return Take();

        void Tell(AlertKind kind, string evidence) => AddOnce(kind, evidence, view.Term, now);
    }

    /// <summary>Something without an end, which the voter itself has met with.</summary>
    public ImmutableArray<Alert> Report(AlertKind kind, string evidence, Instant now)
    {
        AddOnce(kind, evidence, _before?.Term ?? Term.Zero, now);
        return Take();
    }

    private static bool Grew(ref Instant? seen, Instant? newest)
    {
        if (newest is null || newest == seen) return false;
        seen = newest;
        return true;
    }

    private static string Seconds(TimeSpan span) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{span.TotalSeconds:F1} s");

    private void LookAtDisk(GroupView view, Instant now)
    {
        var stalled = view.DiskStalledSince;
        switch (ConditionOf(AlertKind.DiskStalled).Look(stalled is not null, now, TimeSpan.Zero, options.SettleFor))
        {
            case true:
                Add(new Alert(
                    AlertKind.DiskStalled,
                    $"The disk of {view.Self} has confirmed nothing for {Seconds(now - stalled!.Value)}.",
                    view.Term));
                break;
            case false:
                Add(new Alert(AlertKind.DiskRecovered, $"The disk of {view.Self} confirms again.", view.Term));
                break;
        }

        if (stalled is null || _before is not { Role: RaftRole.Leader } led || view.Role == RaftRole.Leader) return;
        Add(new Alert(
            AlertKind.LeaderYielded,
            $"{view.Self} led term {led.Term} and gave its place up, since its disk stalls; " +
            $"{view.Leader?.Value ?? "nobody"} leads now.",
            view.Term)
        {
            About = view.Leader,
        });
    }

    private void LookAtQuorum(GroupView view, Instant now)
    {
        var voters = view.Peers.Count(static peer => peer.IsVoter) + 1;
        var reachable = view.Peers.Count(peer => peer.IsVoter && now - peer.HeardAt < SilenceMax(view)) + 1;
        var edge = ConditionOf(AlertKind.QuorumLost).Look(
            view is { IsVoter: true, Leader: null }, now, options.LeaderlessFor, options.SettleFor);
        if (edge is not { } isLost) return;
        Add(new Alert(
            isLost ? AlertKind.QuorumLost : AlertKind.QuorumRestored,
            isLost
                ? $"{view.Self} knows no leader for {Seconds(options.LeaderlessFor)}: of {voters} voters it hears " +
                    $"{reachable}, itself included."
                : $"{view.Leader?.Value ?? "Nobody"} leads; of {voters} voters {view.Self} hears {reachable}.",
            view.Term)
        {
            Voters = voters,
            Reachable = reachable,
        });
    }

    /// <summary>Each leader tells of its own terms, in a storm of elections not of each.</summary>
    private void LookAtLeadership(GroupView view, Instant now)
    {
        if (_changeTold == view.Term || now - _changeToldAt < options.SettleFor) return;
        (_changeTold, _changeToldAt) = (view.Term, now);
        Add(new Alert(
            AlertKind.LeaderChanged,
            $"{view.Self} leads term {view.Term}{(view.FollowedLast is { } last ? $", after {last}" : "")}.",
            view.Term)
        {
            About = view.Self,
            PreviousLeader = view.FollowedLast,
        });
    }

    private void LookAt(PeerView peer, GroupView view, Instant now)
    {
        var silence = now - (peer.HeardAt ?? now);
        var failed = ConditionOf(AlertKind.NodeFailed, peer.Node);
        switch (failed.Look(silence >= SilenceMax(view), now, TimeSpan.Zero, options.SettleFor))
        {
            case true:
                Add(new Alert(
                    AlertKind.NodeFailed, $"{peer.Node} has not answered for {Seconds(silence)}.", view.Term)
                {
                    About = peer.Node,
                });
                break;
            case false:
                Add(new Alert(AlertKind.NodeRecovered, $"{peer.Node} answers again.", view.Term) { About = peer.Node });
                break;
        }

        // Who is silent is behind for that reason, and who does not vote yet is behind for a good one.
        if (!failed.IsRaised && peer.IsVoter) LookAtLag(peer, view, now);
    }

    private void LookAtLag(PeerView peer, GroupView view, Instant now)
    {
        var lag = (long)(view.LastIndex.Value - Math.Min(peer.Match.Value, view.LastIndex.Value));
        var slow = ConditionOf(AlertKind.SlowReplication, peer.Node);
        var isSlow = lag > (slow.IsRaised ? options.LagEntries / 2 : options.LagEntries);
        if (slow.Look(isSlow, now, options.LagFor, options.SettleFor) is not { } began) return;
        Add(new Alert(
            began ? AlertKind.SlowReplication : AlertKind.ReplicationRecovered,
            began
                ? $"{peer.Node} lacks {lag} entries, and more than {options.LagEntries} for {Seconds(options.LagFor)}."
                : $"{peer.Node} lacks {lag} entries.",
            view.Term)
        {
            About = peer.Node,
            LagEntries = lag,
        });
    }

    private TimeSpan SilenceMax(GroupView view) =>
        view.ElectionTimeoutMin > options.NodeSilence ? view.ElectionTimeoutMin : options.NodeSilence;

    private Condition ConditionOf(AlertKind kind, NodeId? about = null)
    {
        if (_conditions.TryGetValue((kind, about), out var condition)) return condition;
        _conditions.Add((kind, about), condition = new Condition());
        return condition;
    }

    private void ForgetOthers()
    {
        foreach (var key in _conditions.Keys.Where(static key => key.About is not null).ToList())
            _conditions.Remove(key);
    }

    private void ForgetAllBut(ImmutableArray<PeerView> peers)
    {
        var members = peers.Select(static peer => peer.Node).ToHashSet();
        foreach (var key in _conditions.Keys.ToList())
            if (key.About is { } about && !members.Contains(about)) _conditions.Remove(key);
    }

    private void AddOnce(AlertKind kind, string evidence, Term term, Instant now)
    {
        if (_toldAt.TryGetValue(kind, out var told) && now - told.At < RepeatPause)
        {
            _toldAt[kind] = told with { More = told.More + 1 };
            return;
        }

        _toldAt[kind] = (now, 0);
        Add(new Alert(kind, told.More == 0 ? evidence : $"{evidence} ({told.More} more like it before)", term));
    }

    private void Add(Alert alert) => _alerts.Add(alert with { Standing = Standing });

    private ImmutableArray<Alert> Take() => _alerts.DrainToImmutable();
}
