using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Failover.Protocol;

/// <summary>
/// The promotion of everything that one failed cluster owns. Each shard is passed over at its own pace: one that does
/// not answer holds up nobody, and one that was found clean is passed over again at the check interval, for as long
/// as the cluster stays fenced, since something may have been registered under the dead cluster later. The sweep is
/// clean when the newest pass of every shard left nothing behind but what nobody can read.
/// </summary>
internal sealed class Sweep
{
    private const string ScanStart = "0";

    private readonly ShardPass[] _shards;
    private readonly Func<int, long?> _counted;
    private long _promoted;
    private long _failed;
    private long? _mostOnShard;

    /// <param name="number">Names the sweep in its calls, so that an answer that comes late finds the right
    /// one.</param>
    /// <param name="from">The failed cluster.</param>
    /// <param name="shards">How many shards there are.</param>
    /// <param name="above">Nothing is promoted under a token that is not above this one.</param>
    /// <param name="now">The start: all shards are due.</param>
    /// <param name="counted">What the cluster owned on a shard when it was counted last; null: it never was.</param>
    public Sweep(long number, ClusterId from, int shards, Token above, Instant now, Func<int, long?> counted)
    {
        Number = number;
        From = from;
        Above = above;
        _counted = counted;
        _shards = new ShardPass[shards];
        for (var shard = 0; shard < shards; shard++) _shards[shard] = new ShardPass { DueAt = now };
    }

    public long Number { get; }

    public ClusterId From { get; }

    public Token Above { get; private set; }

    /// <summary>The furthest observation by which the cluster is unreachable.</summary>
    public Token Horizon { get; private set; }

    /// <summary>Set while the cluster is paused after its completion: no later passes.</summary>
    public bool IsSuspended { get; set; }

    public bool IsClean => Array.TrueForAll(_shards, shard => shard.IsClean);

    /// <summary>Whether something moved since <see cref="Reported"/>.</summary>
    public bool HasNews { get; private set; }

    /// <summary>Which grain types it moves.</summary>
    public TypePart Part { get; private set; } = TypePart.All;

    /// <summary>The grain types that nobody may have who is alive; what is left of them is stranded.</summary>
    public ImmutableArray<string> Orphans { get; set; } = [];

    /// <summary>
    /// Whether neither brake nor pause holds it up, for an operator has ordered it: to its end, though the fence that
    /// the order was given about be committed anew.
    /// </summary>
    public bool IsForced => Order is not null;

    /// <summary>The newest order that it follows; null without one.</summary>
    public ForceOrder? Order { get; set; }

    public SweepFigures Figures
    {
        get
        {
            var (stranded, unknown) = (0L, 0);
            for (var shard = 0; shard < _shards.Length; shard++)
            {
                if (StrandedOn(shard) is { } grains) stranded += grains;
                else unknown++;
            }

            return new SweepFigures(
                _promoted,
                _shards.Sum(shard => shard.Lost),
                _failed,
                stranded,
                unknown,
                _shards.Max(shard => shard.Passes),
                _shards.Sum(shard => shard.Skipped));
        }
    }

    public int CleanShards => _shards.Count(shard => shard.IsClean);

    /// <summary>Moves another part from now on: what was passed over before is looked at again.</summary>
    public void Take(TypePart part, Instant now)
    {
        if (part == Part) return;
        Part = part;
        foreach (var pass in _shards)
        {
            pass.IsClean = false;
            pass.Restart();
            pass.DueAt = now;
        }
    }

    public void RaiseTo(Token above)
    {
        if (above > Above) Above = above;
    }

    public void Confirm(Token horizon)
    {
        if (horizon > Horizon) Horizon = horizon;
    }

    /// <summary>
    /// Whether it may promote under the token: an observation that has the token's own entry says that the cluster is
    /// unreachable. So nothing that was alive when the token was minted is promoted away from, however old the
    /// observation was on which the token was asked for.
    /// </summary>
    public bool IsConfirmed(Token token) => token > Above && token <= Horizon;

    /// <summary>Whether the token is good enough, and only the observation is missing.</summary>
    public bool IsUnconfirmed(Token token) => token > Above && token > Horizon;

    public void Reported() => HasNews = false;

    public bool Wants(int shard, Instant now) => !IsSuspended && _shards[shard].DueAt <= now;

    public Instant? DueAt(int shard) => IsSuspended ? null : _shards[shard].DueAt;

    public ShardCall.Promote CallFor(int shard, Token token)
    {
        Invariant.Holds(IsConfirmed(token));
        return new ShardCall.Promote(shard, token, From, Number, _shards[shard].Cursor, Part, GrainsMax: null);
    }

    /// <summary>
    /// What is left on a shard as it said last; on one that was not asked yet at most what others had, for grains are
    /// spread evenly. Null while none has answered.
    /// </summary>
    public long? GrainsExpectedOn(int shard) => _shards[shard].Remaining ?? _mostOnShard;

    public void Take(ShardCall.Promote call, CallResult.Batch batch, Instant now, TimeSpan checkInterval)
    {
        _promoted += batch.Promoted;
        HasNews |= batch.Promoted > 0;
        var pass = _shards[call.Shard];
        if (pass.Remaining is null) _mostOnShard = Math.Max(_mostOnShard ?? 0, batch.Promoted + batch.Remaining);
        pass.Remaining = batch.Remaining;

        // The part was changed while this was on its way: the pass has begun anew.
        if (call.Part != Part) return;
        pass.HasMoved |= batch.Promoted > 0;
        pass.HasLeft |= batch.Newer + batch.Leased > 0;

        // A batch that was full leaves the cursor, and the next one meets the same grains again.
        if (batch.Next != (call.Cursor ?? ScanStart)) pass.Met(batch);
        pass.Cursor = batch.Next;

        // Nothing remains, or the cursor is at its end: the pass over this shard is over.
        if (batch.Next is not null && batch.Remaining > 0)
        {
            pass.IsClean = false;
            pass.DueAt = now;
            return;
        }

        // A pass meets everything that was there throughout, so what it skipped is all that others inherit. What is
        // left of the own part did not let itself be moved (newer, leased): it has the same pause as a clean shard,
        // unless this pass made progress, for then the rest may only have come in meanwhile. What nobody can read is
        // nobody's to move: it stays stranded, and holds up no end. A shard that shrinks shows its records twice, so
        // only a pass that moved nothing tells how many those are.
        pass.Skipped = Math.Min(pass.SkippedSoFar, Math.Max(0, batch.Remaining - pass.MalformedSoFar));
        var excused = pass.Skipped + (pass.HasMoved ? 0 : pass.MalformedSoFar);
        pass.IsClean = batch.Remaining == 0 || (!pass.HasLeft && batch.Remaining <= excused);
        var isWorthAnother = !pass.IsClean && pass.HasMoved;
        pass.Passes++;
        pass.Restart();
        pass.DueAt = isWorthAnother ? now : now + checkInterval;
    }

    /// <summary>A call failed: what the shard holds is unknown until it answers again.</summary>
    public void Fail(int shard)
    {
        _failed++;
        _shards[shard].IsClean = false;
    }

    // What a shard holds that no pass has reached is what was counted there, whoever is to inherit it.
    private long? StrandedOn(int shard)
    {
        var pass = _shards[shard];
        if (pass.Remaining is not { } remaining) return _counted(shard);
        return Orphans.IsEmpty ? Math.Max(0, remaining - pass.Skipped) : remaining;
    }

    private sealed class ShardPass
    {
        private long _lostSoFar;

        public Instant DueAt { get; set; }

        public string? Cursor { get; set; }

        /// <summary>Null until it has answered a promotion.</summary>
        public long? Remaining { get; set; }

        public bool IsClean { get; set; }

        public int Passes { get; set; }

        /// <summary>Grains that the last pass left to others for their types.</summary>
        public long Skipped { get; set; }

        /// <summary>Grains with a newer token: the most that one pass met, for the next meets the same again.</summary>
        public long Lost { get; private set; }

        // Of the pass that is under way.
        public bool HasMoved { get; set; }

        public bool HasLeft { get; set; }

        public long SkippedSoFar { get; private set; }

        public long MalformedSoFar { get; private set; }

        public void Met(CallResult.Batch batch)
        {
            SkippedSoFar += batch.Skipped;
            MalformedSoFar += batch.Malformed;
            _lostSoFar += batch.Newer;
            Lost = Math.Max(Lost, _lostSoFar);
        }

        public void Restart() => (Cursor, HasMoved, HasLeft, SkippedSoFar, MalformedSoFar, _lostSoFar) =
            (null, false, false, 0, 0, 0);
    }
}
