using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Coordination;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Leading;

/// <summary>
/// The leader's leases behind a lock: requests report keep-alives, the leader's duties ask who is due. Everything is
/// about the term that <see cref="BeginLeading"/> named; where Raft is in another one already, nothing is promised.
/// </summary>
internal sealed class SessionKeeper(RaftHost raft, CoordinationMachine machine, IMonotonicClock clock)
{
    private readonly Lock _gate = new();
    private readonly SessionLeases _leases = new();
    private LeadershipChange.BecameLeader? _term;

    /// <summary>The term that this voter leads, as far as the leases are concerned.</summary>
    public LeadershipChange.BecameLeader? Term
    {
        get
        {
            lock (_gate) return _term;
        }
    }

    public void BeginLeading(LeadershipChange.BecameLeader term)
    {
        lock (_gate)
        {
            _term = term;
            _leases.BeginLeading(machine.Current, clock.Now());
        }
    }

    public void StopLeading()
    {
        lock (_gate)
        {
            _term = null;
            _leases.StopLeading();
        }
    }

    /// <summary>This voter was held up until now, so that time counts against nobody.</summary>
    public void Forgive(TimeSpan heldUp)
    {
        lock (_gate) _leases.Forgive(heldUp, clock.Now());
    }

    /// <summary>Keeps a session alive, if a majority still follows this voter.</summary>
    public async Task<KeepAlive> KeepAliveAsync(SessionId id, CancellationToken cancel)
    {
        var receivedAt = clock.Now();
        if (Find(id) is { Standing: not SessionStanding.Ended }) Hear(id, receivedAt);
        if (!await raft.ConfirmLeadershipAsync(cancel)) return new KeepAlive.NotConfirmed();

        // The round also brought this state up to everything that was committed before it.
        return Find(id) switch
        {
            null => new KeepAlive.Over(RefusalCode.UnknownSession),
            { Standing: SessionStanding.Ended } => new KeepAlive.Over(RefusalCode.SessionEnded),
            { Standing: SessionStanding.Revoked } => new KeepAlive.Over(RefusalCode.SessionRevoked),
            var session => TryAcknowledge(id, receivedAt)
                ? new KeepAlive.Acknowledged(session)
                : new KeepAlive.Undecided(),
        };
    }

    /// <summary>A session was opened through this voter.</summary>
    public void Hear(SessionId id) => Hear(id, clock.Now());

    public FenceJudgement Judge(CoordinationCommand.FenceNode fence)
    {
        lock (_gate)
        {
            return LeadsLocked()
                ? _leases.Judge(machine.Current, fence, clock.Now())
                : new FenceJudgement.Retry(RetryAfter: null);
        }
    }

    /// <summary>Sessions whose end is to be proposed, with the term that decided it.</summary>
    public IReadOnlyList<CoordinationCommand.ExpireSession> Due()
    {
        lock (_gate)
        {
            if (_term is not { } term || !LeadsLocked()) return [];
            return
            [
                .. _leases.Due(machine.Current, clock.Now())
                    .Select(id => new CoordinationCommand.ExpireSession(id, term.Term)),
            ];
        }
    }

    /// <summary>The end of a session was not appended after all.</summary>
    public void KeepOpen(SessionId id)
    {
        lock (_gate) _leases.KeepOpen(id);
    }

    private bool TryAcknowledge(SessionId id, Instant receivedAt)
    {
        lock (_gate) return LeadsLocked() && _leases.TryAcknowledge(id, receivedAt);
    }

    private void Hear(SessionId id, Instant now)
    {
        lock (_gate) _leases.Heard(id, now);
    }

    private SessionRecord? Find(SessionId id) => machine.Current.Sessions.GetValueOrDefault(id);

    private bool LeadsLocked() => _term is { } term && raft.Status is { Role: RaftRole.Leader } status &&
        status.Term == term.Term;
}

/// <summary>What became of a keep-alive.</summary>
internal abstract record KeepAlive
{
    private KeepAlive()
    {
    }

    public sealed record Acknowledged(SessionRecord Session) : KeepAlive;

    /// <summary>The session has no right any more.</summary>
    public sealed record Over(RefusalCode Code) : KeepAlive;

    /// <summary>This voter does not lead, or no majority said so in time.</summary>
    public sealed record NotConfirmed : KeepAlive;

    /// <summary>Its end may be on the way through the log, or leadership has just begun: ask again.</summary>
    public sealed record Undecided : KeepAlive;
}
