using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>
/// What the leader alone knows: when it last heard from each session. Keep-alives never enter the log, so this is lost
/// with the leader; its successor gives every session its full time again.
/// <para>
/// Two instants are kept per session. The receipt of the last keep-alive that was acknowledged decides when the time
/// to live has run out: the client counts from its sending, which is earlier, so the leader's count ends later. The
/// receipt of the last keep-alive at all, acknowledged or not, is evidence that the node lives, and stops a fence for
/// silence.
/// </para>
/// <para>
/// Between the decision to end a session and the entry that does it, a keep-alive must not be acknowledged: the client
/// would act under a lease that the log is about to take. <see cref="Due"/> closes that door, only
/// <see cref="KeepOpen"/> opens it again.
/// </para>
/// </summary>
public sealed class SessionLeases
{
    /// <summary>
    /// Three keep-alives of an agent. Within it a keep-alive contradicts a conviction for silence, and a leader
    /// younger than it cannot know.
    /// </summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(750);

    private readonly Dictionary<SessionId, Lease> _leases = [];
    private readonly HashSet<SessionId> _ending = [];
    private Instant? _since;
    private Instant _hearsSince;

    /// <summary>Whether this voter counts leases now.</summary>
    public bool Leading => _since is not null;

    /// <summary>Leadership begins: every session has its full time from now, and no silence is believed yet.</summary>
    public void BeginLeading(CoordinationState state, Instant now)
    {
        StopLeading();
        (_since, _hearsSince) = (now, now);
        Reconcile(state, now);
    }

    /// <summary>
    /// This voter was stopped, or without a majority, for <paramref name="heldUp"/> until now: what it could not
    /// acknowledge in that time counts for no session, what it could not hear for no silence. Ends that are decided
    /// stay so: their entries may be on the way.
    /// </summary>
    public void Forgive(TimeSpan heldUp, Instant now)
    {
        if (!Leading) return;
        _hearsSince = now;
        foreach (var (id, lease) in _leases)
            _leases[id] = lease with { Acknowledged = Instant.Min(now, lease.Acknowledged + heldUp) };
    }

    public void StopLeading()
    {
        _since = null;
        _leases.Clear();
        _ending.Clear();
    }

    /// <summary>A session was opened, or its keep-alive came in; nothing is promised to its client yet.</summary>
    public void Heard(SessionId session, Instant now)
    {
        if (!Leading) return;
        _leases[session] = _leases.TryGetValue(session, out var lease)
            ? lease with { Heard = now }
            : new Lease(now, now);
    }

    /// <summary>
    /// Whether a keep-alive received at <paramref name="receivedAt"/>, since when a majority has confirmed this leader,
    /// may be acknowledged. False where the session's end is decided, or where leadership began after the receipt.
    /// </summary>
    public bool TryAcknowledge(SessionId session, Instant receivedAt)
    {
        if (_since is not { } since || receivedAt < since || _ending.Contains(session)) return false;
        _leases[session] = _leases.TryGetValue(session, out var lease)
            ? lease with { Acknowledged = Instant.Max(lease.Acknowledged, receivedAt) }
            : new Lease(receivedAt, receivedAt);
        return true;
    }

    /// <summary>
    /// Sessions whose time to live has run out; from now on none of them is kept alive. Each is named until its end is
    /// applied or <see cref="KeepOpen"/>: a proposal whose outcome is unknown is made again, and the second is void.
    /// </summary>
    public IReadOnlyList<SessionId> Due(CoordinationState state, Instant now)
    {
        if (!Leading) return [];
        Reconcile(state, now);
        List<SessionId> due = [];
        foreach (var (id, lease) in _leases)
        {
            if (now - lease.Acknowledged > state.Sessions[id].Ttl) _ending.Add(id);
            if (_ending.Contains(id)) due.Add(id);
        }

        due.Sort();
        return due;
    }

    /// <summary>The entry that was to end the session was certainly not appended.</summary>
    public void KeepOpen(SessionId session) => _ending.Remove(session);

    /// <summary>
    /// Whether the evidence against a node may become an entry. Every agent session that the fence would revoke counts:
    /// one that is kept alive now shows that its node lives, whatever generation was convicted.
    /// </summary>
    public FenceJudgement Judge(CoordinationState state, CoordinationCommand.FenceNode fence, Instant now)
    {
        if (state.Nodes.GetValueOrDefault(fence.Node)?.Fence is { } earlier && fence.Generation <= earlier.Generation)
            return new FenceJudgement.Propose();
        if (fence.Cause != FenceCause.Silence) return new FenceJudgement.Propose();
        if (!Leading) return new FenceJudgement.Retry(RetryAfter: null);
        if (now - _hearsSince < Fresh) return new FenceJudgement.Retry(Fresh - (now - _hearsSince));
        Reconcile(state, now);
        var heard = state.Sessions.Values
            .Where(session =>
                session is { Agent: true, Standing: SessionStanding.Live, Residence: { } home } &&
                home.Node == fence.Node && home.Generation <= fence.Generation)
            .Select(session => _leases[session.Id].Heard)
            .DefaultIfEmpty(null)
            .Max();
        return heard is { } last && now - last <= Fresh
            ? new FenceJudgement.Refuse(now - last, Fresh - (now - last))
            : new FenceJudgement.Propose();
    }

    /// <summary>One lease for each session that has not ended; one seen for the first time begins now.</summary>
    private void Reconcile(CoordinationState state, Instant now)
    {
        foreach (var session in state.Sessions.Values)
        {
            if (session.Standing == SessionStanding.Ended)
            {
                _leases.Remove(session.Id);
                _ending.Remove(session.Id);
            }
            else
            {
                // A session that came with leadership was heard by another leader, if at all; a later one by this one.
                _leases.TryAdd(session.Id, new Lease(now, _since < now ? now : null));
            }
        }

        foreach (var id in _leases.Keys)
        {
            if (state.Sessions.ContainsKey(id)) continue;
            _leases.Remove(id);
            _ending.Remove(id);
        }
    }

    private readonly record struct Lease(Instant Acknowledged, Instant? Heard);
}

/// <summary>What is to be done with a wanted fence.</summary>
public abstract record FenceJudgement
{
    private FenceJudgement()
    {
    }

    /// <summary>Nothing contradicts it, or nothing can.</summary>
    public sealed record Propose : FenceJudgement;

    /// <summary>The node's own session was kept alive: the link is sick, not the node.</summary>
    /// <param name="KeptAliveAgo">How long ago, 750 ms at most.</param>
    /// <param name="RetryAfter">What is lacking until that contradicts no silence any more.</param>
    public sealed record Refuse(TimeSpan KeptAliveAgo, TimeSpan RetryAfter) : FenceJudgement;

    /// <summary>This leader is too young to know.</summary>
    /// <param name="RetryAfter">What is lacking until it does; null where it does not lead any more.</param>
    public sealed record Retry(TimeSpan? RetryAfter) : FenceJudgement;
}
