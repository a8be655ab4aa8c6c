using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <content>
/// How long things take, and what of it can be changed while the node runs. The pause between two heartbeats can, so
/// the silence after which a voter stands for election is kept at least twice as long, whatever was configured: both
/// its ends are stretched alike, so that voters go on drawing different ones. A voter counts its own pause and the one
/// that its leader names, whichever is longer; so a leader that was slowed down is not deposed by those that were not.
/// <para>
/// A promise (see leases) is always for the configured <see cref="RaftOptions.ElectionTimeoutMin"/>, never for the
/// stretched one: nothing that is changed here shortens what was promised, and a voter that restarts, and knows of no
/// change any more, keeps still for at least as long as it can have promised.
/// </para>
/// </content>
public sealed partial class RaftNode
{
    /// <summary>The longest legal pause between heartbeats; a leader that names a longer one is not heard.</summary>
    public static readonly TimeSpan HeartbeatMax = TimeSpan.FromSeconds(10);

    // Between 0 and 1, drawn once per term. Drawing at every poll would pull all nodes towards the minimum, and votes
    // would split.
    private double _draw;
    private Instant _electionTimerFrom;

    // Until then a longer silence was fine, and followers were asked at its pace: that they were silent says nothing.
    private Instant _hastenedAt;

    // What the leader of this term says of itself; zero where it says nothing.
    private TimeSpan _leaderPause;

    /// <summary>The shortest silence in force: what was configured, and at least two heartbeats.</summary>
    public TimeSpan ElectionTimeoutMin { get; private set; }

    /// <summary>The longest silence in force; as much longer than configured as the shortest is.</summary>
    public TimeSpan ElectionTimeoutMax { get; private set; }

    /// <summary>The figures in force, those that were changed included.</summary>
    public RaftOptions Options => _options;

    /// <summary>
    /// How long this voter waits. Each voter but the leader has a part of the time between the shortest and the longest
    /// silence, in the order of their names, and draws a moment near the beginning of its part. So the next does not
    /// stand before the one before it could be elected, and votes hardly ever split; and the first stands as soon as
    /// the shortest silence allows.
    /// </summary>
    private TimeSpan ElectionTimeout
    {
        get
        {
            var (before, all) = PlaceInOrder();
            var moment = (before + (_draw / 16)) / all;
            return ElectionTimeoutMin + (moment * (ElectionTimeoutMax - ElectionTimeoutMin));
        }
    }

    private TimeSpan LongestPause => _leaderPause > _options.Heartbeat ? _leaderPause : _options.Heartbeat;

    /// <summary>A figure in the place of another; what was promised, and the present vote, stay as they are.</summary>
    private void OnReconfigure(HotOptions hot)
    {
        var silence = ElectionTimeoutMin;
        _options = hot.Over(_options);
        StretchTimeouts();
        if (ElectionTimeoutMin < silence) _hastenedAt = _now;
        if (Role == RaftRole.Leader) _heartbeatDue = Instant.Min(_heartbeatDue, _now + _options.Heartbeat);
        else if (_hintedSilence is null) _electionDeadline = _electionTimerFrom + ElectionTimeout;
        ConsiderSnapshot();
    }

    private void DrawElectionTimeout()
    {
        _draw = _random.NextDouble();
        _leaderPause = TimeSpan.Zero;
        StretchTimeouts();
    }

    private void RestartElectionTimer() =>
        (_electionTimerFrom, _electionDeadline) = (_now, _now + ElectionTimeout);

    private void TakePause(TimeSpan pause)
    {
        if (pause == _leaderPause) return;
        _leaderPause = pause;
        StretchTimeouts();
        RestartElectionTimer();
    }

    private void StretchTimeouts()
    {
        var (min, max) = (_options.ElectionTimeoutMin, _options.ElectionTimeoutMax);
        if (min < 2 * LongestPause) (min, max) = (2 * LongestPause, max * (2 * LongestPause / min));
        (ElectionTimeoutMin, ElectionTimeoutMax) = (min, max);
    }

    /// <summary>How many voters stand before this one, and how many there are besides the leader.</summary>
    private (int Before, int All) PlaceInOrder()
    {
        var (before, all) = (0, 1);
        foreach (var voter in OtherVoters)
        {
            if (voter == Leader) continue;
            all++;
            if (voter.CompareTo(Self) < 0) before++;
        }

        return (before, all);
    }
}
