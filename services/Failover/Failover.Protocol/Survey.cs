using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// Counts what clusters own, in rounds over all shards. It tells a brake how much all is, people what is stranded, and
/// those who stand by that the heir of a dead cluster gets nowhere. A round ends when each shard has answered or
/// failed; one that failed counts as it did before, and none where it never answered: a brake then has less room.
/// Where a sweep waits for the round, it does not wait for shards that failed lately: there may be many, and they take
/// their time. Now and then there is a census all the same, for nobody's sake: it finds owners that Consensus does not
/// know.
/// </summary>
internal sealed class Survey(int shards, TimeSpan interval, TimeSpan retry)
{
    /// <summary>So many of the shortest pauses between two rounds.</summary>
    private const int RetriesPerCensus = 12;

    /// <summary>After so many rounds without progress whoever is allowed takes the rest.</summary>
    private const int RoundsWithoutProgressMax = 2;

    private readonly ImmutableArray<long>?[] _counts = new ImmutableArray<long>?[shards];
    private readonly ImmutableArray<(ClusterId Cluster, long Grains)>[] _others =
        [.. Enumerable.Repeat(ImmutableArray<(ClusterId, long)>.Empty, shards)];
    private readonly bool[] _isPending = new bool[shards];

    // Of the newest round: what these count as is older than the round.
    private readonly bool[] _isMissed = new bool[shards];
    private readonly long[] _answered = new long[shards];
    private readonly Dictionary<ClusterId, (long Grains, int Rounds)> _stuck = [];
    private ImmutableArray<ClusterId> _clusters = [];
    private Instant _nextAt;
    private Instant _censusAt;
    private Instant _begunAt;
    private int _shardsKnown;

    // Numbers of sweeps: the newest that asks for a count, the newest when the last round began, and the newest that
    // had begun before a round that has ended.
    private long _wanted;
    private long _begun;
    private long _counted;

    /// <summary>Whether somebody wants to know.</summary>
    public bool IsWanted { get; set; }

    /// <summary>What clusters own, by the newest round; null before a shard has answered.</summary>
    public ImmutableSortedDictionary<ClusterId, long>? Grains { get; private set; }

    /// <summary>Who owns something, by the newest round.</summary>
    public ImmutableArray<ClusterId> Owners { get; private set; } = [];

    /// <summary>Whether a round has ended and no shard has ever answered.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether no sweep waits for the end of a round.</summary>
    public bool IsFresh => _counted >= _wanted;

    /// <summary>Nothing that was asked under a lower token counts.</summary>
    public Token Since { get; private set; }

    // A round that nobody asked for may come at any time, and says nothing about progress.
    private bool _isCensus;

    private bool IsUnderWay => Array.Exists(_isPending, pending => pending);

    /// <summary>
    /// What was counted so far is not enough for a sweep that begins, for others may have acted meanwhile: it wants a
    /// round that begins from here. Those that were counted for go on with what was counted.
    /// </summary>
    public void Renew(long sweep, Token token)
    {
        if (sweep > _wanted) (_wanted, Since) = (sweep, token);
    }

    /// <summary>Whether a round has ended that began after the sweep.</summary>
    public bool IsCounted(long sweep) => _counted >= sweep;

    /// <summary>Begins a round when one is due.</summary>
    public void Begin(IEnumerable<ClusterId> clusters, Instant now)
    {
        if (IsUnderWay || now < DueAt()) return;
        _begun = _wanted;
        ImmutableArray<ClusterId> asked = [.. clusters];
        if (!asked.SequenceEqual(_clusters))
        {
            Array.Clear(_counts);
            Array.Fill(_others, []);
        }

        _clusters = asked;
        Array.Fill(_isPending, true);
        Array.Clear(_isMissed);
        (_begunAt, _censusAt) = (now, now + (retry * RetriesPerCensus));
        _isCensus = !IsWanted || now < _nextAt;
        if (!_isCensus) _nextAt = now + interval;
    }

    /// <summary>
    /// The round does not wait for shards that failed lately, unless no other can say anything: a sweep waits for its
    /// end.
    /// </summary>
    public void PassOver(IReadOnlyCollection<int> failing, IReadOnlySet<ClusterId> waiting)
    {
        if (Array.TrueForAll(_counts, counts => counts is null) && failing.Count == shards) return;
        foreach (var shard in failing) Fail(shard, waiting);
    }

    public ShardCall.Count? CallFor(int shard, Token token) =>
        _isPending[shard] ? AskOf(shard, token) : null;

    /// <summary>The question to a shard, also where no round waits for it.</summary>
    public ShardCall.Count AskOf(int shard, Token token) => new(shard, token, _clusters);

    /// <summary>Whether the shard has answered since the sweep began.</summary>
    public bool HasAnswered(int shard, long sweep) => _answered[shard] >= sweep;

    /// <summary>When a shard is to be counted, which may be in the past; null when others are waited for.</summary>
    public Instant? DueAt(int shard) => _isPending[shard] ? Instant.Zero : IsUnderWay ? null : DueAt();

    /// <summary>What a cluster owned on a shard when it was counted last; null where it never was.</summary>
    public long? GrainsOn(int shard, ClusterId cluster)
    {
        if (_counts[shard] is not { } counts) return null;
        var at = _clusters.IndexOf(cluster);
        return at >= 0 ? counts[at] : _others[shard].FirstOrDefault(other => other.Cluster == cluster).Grains;
    }

    /// <summary>A shard was counted.</summary>
    /// <param name="call">What was asked.</param>
    /// <param name="counts">How many each cluster owns.</param>
    /// <param name="waiting">The dead clusters that another is to take over, or nobody can.</param>
    public void Take(ShardCall.Count call, CallResult.Counted counts, IReadOnlySet<ClusterId> waiting)
    {
        _answered[call.Shard] = _wanted;
        if (!call.Clusters.SequenceEqual(_clusters)) return;
        (_counts[call.Shard], _others[call.Shard]) = (counts.Grains, counts.Others);
        _isMissed[call.Shard] = false;

        // Where nothing is known a little is something: a brake has some room, before the others have failed again.
        if (HasFailed) Add();
        if (!_isPending[call.Shard]) return;
        _isPending[call.Shard] = false;
        if (!IsUnderWay) Close(waiting);
    }

    /// <summary>A call to a shard has failed: this round does not wait for it.</summary>
    public void Fail(int shard, IReadOnlySet<ClusterId> waiting)
    {
        if (!_isPending[shard]) return;
        _isPending[shard] = false;
        _isMissed[shard] = true;
        if (!IsUnderWay) Close(waiting);
    }

    /// <summary>
    /// Whether a cluster that somebody else is to take over has lost nothing for two rounds that saw some of it.
    /// </summary>
    public bool IsStuck(ClusterId cluster) =>
        _stuck.TryGetValue(cluster, out var known) && known.Rounds >= RoundsWithoutProgressMax;

    /// <summary>It is another failure, or none: what was counted says nothing about it.</summary>
    public void Forget(ClusterId cluster) => _stuck.Remove(cluster);

    /// <summary>What happens from now on is not seen: the rounds end, for the election is lost.</summary>
    public void ForgetAll()
    {
        _stuck.Clear();
        (Grains, Owners, HasFailed, _shardsKnown, _censusAt) = (null, [], false, 0, Instant.Zero);
        Array.Clear(_counts);
        Array.Fill(_others, []);
        Array.Clear(_isPending);
    }

    private Instant DueAt() => !IsFresh ? Instant.Zero : IsWanted && _nextAt < _censusAt ? _nextAt : _censusAt;

    private void Close(IReadOnlySet<ClusterId> waiting)
    {
        var known = _counts.Count(counts => counts is not null);
        _counted = _begun;
        if (known < shards) _nextAt = _begunAt + retry;
        HasFailed = known == 0;
        if (HasFailed) return;
        Add();
        if (!_isCensus) NoteProgress(known, waiting);
    }

    private void Add()
    {
        Grains = _clusters.Select((cluster, at) => (Cluster: cluster, Grains: _counts.Sum(counts => counts?[at] ?? 0)))
            .Concat(_others.SelectMany(others => others))
            .GroupBy(owner => owner.Cluster, owner => owner.Grains)
            .ToImmutableSortedDictionary(owner => owner.Key, owner => owner.Sum());
        Owners = [.. Grains.Where(owner => owner.Value > 0).Select(owner => owner.Key)];
    }

    private void NoteProgress(int known, IReadOnlySet<ClusterId> waiting)
    {
        // Where other shards are known than in the round before, more says nothing about progress.
        var isComparable = known == _shardsKnown;
        _shardsKnown = known;
        foreach (var (cluster, grains) in Grains!)
        {
            if (!waiting.Contains(cluster) || (grains > 0 && !HasSeen(cluster))) continue;
            var isFirst = !_stuck.TryGetValue(cluster, out var before);
            var rounds = isFirst || grains == 0 || grains < before.Grains ? 0
                : isComparable ? before.Rounds + 1 : before.Rounds;
            _stuck[cluster] = (grains, rounds);
        }
    }

    // What is on shards that could not be counted its heir cannot reach either. Where that is all there is, the round
    // is neither progress nor the lack of it.
    private bool HasSeen(ClusterId cluster) =>
        Enumerable.Range(0, shards).Any(shard => !_isMissed[shard] && GrainsOn(shard, cluster) > 0);
}
