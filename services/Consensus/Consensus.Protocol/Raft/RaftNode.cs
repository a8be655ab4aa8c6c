using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// One voter of Raft (Ongaro and Ousterhout 2014, and Ongaro's thesis), as a function: what happened and the time go
/// in, what to do comes out. It has no clock, no disk, no network and no randomness of its own, so the same code runs
/// in production, in scenarios and in the simulator.
/// <para>
/// Three rules carry its safety. A candidacy and a vote are durable, with their term, before anybody hears of them, and
/// entries before they are acknowledged. A success acknowledges exactly what one request spoke of. Only an entry of the
/// leader's own term is committed by counting; what came before is committed by it (Raft 5.4.2). All else is speed and
/// liveness.
/// </para>
/// <para>
/// What promises nothing waits for no disk, even where it names a term that is not durable yet: answers to heartbeats
/// and refusals (<see cref="HeartbeatReply"/>, <see cref="AppendRefused"/>, <see cref="PreVoteReply"/>). A term by
/// itself is only a clock. A voter that told of one and forgot it in a crash has voted for nobody in it, so it may hear
/// of it, and vote in it, once more. An answer to a heartbeat says where its sender was at one moment, and stays true
/// of that moment; a refusal only moves where the leader looks next, never below what was acknowledged.
/// </para>
/// </summary>
public sealed partial class RaftNode
{
    private RaftOptions _options;
    private readonly Configuration _bootstrap;
    private readonly ConfigurationHistory _history;
    private readonly Random _random;
    private readonly RaftLog _log;

    private Instant _now;
    private bool _stateChanged;
    private PersistenceNumber _lastPersistence;

    // What the current step puts out; emptied by every step.
    private readonly ImmutableArray<Envelope>.Builder _send = ImmutableArray.CreateBuilder<Envelope>();
    private readonly ImmutableArray<Envelope>.Builder _deferred = ImmutableArray.CreateBuilder<Envelope>();
    private readonly ImmutableArray<LeadershipConfirmation>.Builder _confirmed =
        ImmutableArray.CreateBuilder<LeadershipConfirmation>();
    private ProposeAnswer? _proposed;
    private LeadershipTurn? _turn;
    private TransferTurn? _transferTurn;
    private ProtocolViolation? _violation;

    /// <param name="self">This node; who is no voter of its own configuration only listens.</param>
    /// <param name="bootstrap">Who is in the group where neither the log nor a snapshot says so.</param>
    /// <param name="options">The figures.</param>
    /// <param name="durable">What the disk held.</param>
    /// <param name="random">For election timeouts, seeded by the caller.</param>
    /// <param name="now">The time.</param>
    public RaftNode(
        NodeId self,
        Configuration bootstrap,
        RaftOptions options,
        DurableState durable,
        Random random,
        Instant now)
    {
        Self = self;
        _bootstrap = bootstrap;
        _options = options;
        _random = random;
        _now = now;
        _log = new RaftLog(durable.Entries, durable.Snapshot);
        var atBase = durable.Snapshot?.Configuration ?? bootstrap;
        _snapshot = durable.Snapshot is { } taken ? taken with { Configuration = atBase } : null;
        _history = new ConfigurationHistory(_log.BaseIndex, atBase);
        foreach (var entry in durable.Entries) TakeConfiguration(entry);
        _membersChanged = false;
        Term = durable.State.Term;
        Vote = durable.State.Vote;
        Invariant.Holds(_log.LastTerm <= Term);
        DrawElectionTimeout();
        RestartElectionTimer();
        PromiseAtStart(isLogLost: durable.LostIn is not null);
        RecoverFrom(durable);

        // A voter on its own has nobody to wait for.
        if (IsAlone) _electionDeadline = now;
    }

    public NodeId Self { get; }

    public RaftRole Role { get; private set; } = RaftRole.Follower;

    public Term Term { get; private set; }

    /// <summary>Whom this node voted for in <see cref="Term"/>.</summary>
    public NodeId? Vote { get; private set; }

    /// <summary>The leader of <see cref="Term"/>, itself included, when it is known.</summary>
    public NodeId? Leader { get; private set; }

    /// <summary>Who is in the group, by the newest entry in the own log that says so.</summary>
    public Configuration Members => Has(RaftFaults.StaticMembership) ? _bootstrap : _history.Newest;

    /// <summary>The same, whatever mistake is made on purpose; for the checkers.</summary>
    internal Configuration MembersInLog => _history.Newest;

    /// <summary>Whether <see cref="Members"/> is committed, and so cannot fall back any more.</summary>
    public bool AreMembersCommitted => _history.NewestIndex <= _log.Commit;

    public LogIndex CommitIndex => _log.Commit;

    public LogIndex AppliedIndex => _log.Applied;

    public LogIndex LastIndex => _log.LastIndex;

    /// <summary>Up to where the own disk holds the own log.</summary>
    public LogIndex StableIndex => _log.Stable;

    /// <summary>When the next <see cref="RaftInput.Tick"/> is due.</summary>
    public Instant NextDeadline => Role != RaftRole.Leader ? _electionDeadline
        : Instant.Min(_heartbeatDue, Instant.Min(YieldDeadline ?? _heartbeatDue, KeptBackUntil ?? _heartbeatDue));

    /// <summary>
    /// Since when the own disk has confirmed nothing it was given, once that is too long to lead; null before that.
    /// </summary>
    public Instant? DiskStalledSince =>
        _log.UnconfirmedSince is { } since && _now - since >= DiskStallMax ? since : null;

    /// <summary>Mistakes on purpose, for tests of the checkers.</summary>
    internal RaftFaults Faults { get; init; }

    private bool IsAlone => Members.Voters.Length == 1 && Members.IsVoter(Self) && !Members.IsJoint;

    private TimeSpan DiskStallMax => 2 * _options.ElectionTimeoutMax;

    /// <summary>The term at a place; null where it is forgotten or was never.</summary>
    public Term? TermAt(LogIndex index) => _log.TermAt(index);

    /// <summary>The entry at a place after the base; for tests and reports, not for the shell's work.</summary>
    public LogEntry EntryAt(LogIndex index) => _log[index];

    /// <summary>Takes one input at a time that does not run backwards.</summary>
    public RaftOutput Step(RaftInput input, Instant now)
    {
        _now = Instant.Max(_now, now);
        TakeEvent(input);
        NoteViolation();
        return TakeOutput();
    }

    /// <summary>What happened around the node.</summary>
    private void TakeEvent(RaftInput input)
    {
        switch (input)
        {
            case RaftInput.Tick:
                OnTick();
                break;
            case RaftInput.Received received:
                OnReceived(received.From, received.Message);
                break;
            case RaftInput.Persisted persisted:
                OnPersisted(persisted.UpTo);
                break;
            case RaftInput.Applied applied:
                OnApplied(applied.UpTo);
                break;
            case RaftInput.Snapshotted snapshotted:
                OnSnapshotted(snapshotted.Snapshot);
                break;
            case RaftInput.ChunkRead read:
                OnChunkRead(read);
                break;
            case RaftInput.Propose propose:
                OnPropose(propose.Commands);
                break;
            case RaftInput.Hint hint:
                OnHint(hint.Suspect, hint.Kind);
                break;
            case RaftInput.CannotTakeOver unable:
                OnCannotTakeOver(unable.Node, unable.Term);
                break;
            case RaftInput.ConfirmLeadership confirm:
                OnConfirmLeadership(confirm.Id);
                break;
            case RaftInput.Read read:
                OnRead(read.Id);
                break;
            default:
                TakeWish(input);
                break;
        }
    }

    /// <summary>What somebody wants of it.</summary>
    private void TakeWish(RaftInput input)
    {
        switch (input)
        {
            case RaftInput.ChangeMembers change:
                OnChangeMembers(change.Change);
                break;
            case RaftInput.TransferLeadership transfer:
                OnTransferLeadership(transfer.To);
                break;
            case RaftInput.Reconfigure reconfigure:
                OnReconfigure(reconfigure.Options);
                break;
            case RaftInput.TakeSnapshot:
                OnTakeSnapshot();
                break;
            default:
                throw new InvariantViolatedException($"{input} is no input of a Raft node");
        }
    }

    private bool Has(RaftFaults fault) => (Faults & fault) != RaftFaults.None;

    private void OnTick()
    {
        if (_now < NextDeadline) return;
        if (Role == RaftRole.Leader) OnLeaderTick();
        else if (DiskStalledSince is not null || !MayCampaign) WaitForOthers();
        else Campaign();
    }

    private void OnPersisted(PersistenceNumber upTo)
    {
        Invariant.Holds(upTo <= _lastPersistence);
        _log.ConfirmWritten(upTo, _now);
        if (Role == RaftRole.Candidate && upTo >= _ownVoteWrittenBy) CountVote(Self, granted: true);
        if (Role == RaftRole.Leader) AdvanceCommit();
        EndRecovery();
    }

    private void OnApplied(LogIndex upTo)
    {
        var first = LogIndex.Later(_log.Applied, _log.BaseIndex).Next();
        for (var index = first; index <= upTo; index = index.Next())
        {
            var bytes = _log[index].Command.Length;
            if (IsProposalOfThisTerm(index)) _proposalBytesInFlight -= bytes;
            if (index > SnapshotIndex) _bytesSinceSnapshot += bytes;
        }

        _log.ConfirmApplied(upTo);
        ConsiderSnapshot();
    }

    private void Send(NodeId to, RaftMessage message) => _send.Add(new Envelope(to, message));

    private void SendAfterPersist(NodeId to, RaftMessage message) => _deferred.Add(new Envelope(to, message));

    private RaftOutput TakeOutput()
    {
        FailReadsWithoutLeader();
        Persistence? persist = null;
        if (_stateChanged || _log.UnwrittenFrom <= _log.LastIndex || _chunk is not null || _compactTo is not null ||
            _isRecovered)
        {
            _lastPersistence = _lastPersistence.Next();
            persist = new Persistence
            {
                Number = _lastPersistence,
                State = _stateChanged ? new HardState(Term, Has(RaftFaults.ForgetVote) ? null : Vote) : null,
                Entries = _log.TakeUnwritten(_lastPersistence, _now),
                Chunk = _chunk,
                CompactTo = _compactTo,
                IsRecovered = _isRecovered,
            };
            (_stateChanged, _chunk, _compactTo, _isRecovered) = (false, null, null, false);
        }

        // With nothing on its way to the disk there is nothing to wait for.
        if (!_log.HasUnconfirmed || Has(RaftFaults.AcknowledgeBeforeFlush))
        {
            _send.AddRange(_deferred);
            _deferred.Clear();
        }

        var output = new RaftOutput
        {
            Send = _send.DrainToImmutable(),
            Persist = persist,
            SendAfterPersist = _deferred.DrainToImmutable(),
            Restore = _log.TakeForRestore(),
            Capture = _capture,
            Apply = _log.TakeForApply(_options.ApplyEntriesMax),
            Read = _read.DrainToImmutable(),
            Proposed = _proposed,
            Confirmed = _confirmed.DrainToImmutable(),
            Changed = _changed,
            Members = _membersChanged ? Members : null,
            Leadership = _turn,
            Transfer = _transferTurn,
            Snapshot = _snapshotTurn,
            Violation = _violation,
        };
        (_proposed, _capture, _changed, _membersChanged) = (null, null, null, false);
        (_turn, _transferTurn, _snapshotTurn) = (null, null, null);
        _violation = null;
        return output;
    }
}
