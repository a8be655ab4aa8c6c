using System.Collections.Immutable;
using System.Threading.Channels;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What the loop sets in motion; each returns at once.</summary>
internal sealed record RaftEffects(
    Action<Envelope> Send,
    Action<Persistence?, ImmutableArray<Envelope>> Write,
    Action<MachineWork> Work,
    Action<ChunkQuestion> Read);

/// <summary>
/// The one owner of a <see cref="RaftNode"/>. Each turn takes what is in the mailbox, gives all its proposals to the
/// core as one batch and all its questions as one, and carries out what comes back. It never waits for a disk, a peer
/// or the state machine: their completions come in as inputs, so heartbeats go on whatever stalls.
/// </summary>
internal sealed class RaftLoop : IDisposable
{
    // Bounds a turn, so that the clock is looked at in between.
    private const int InputsPerTurnMax = 4096;
    private static readonly TimeSpan RepeatPause = TimeSpan.FromSeconds(30);

    private readonly RaftNode _node;
    private readonly IMonotonicClock _clock;
    private readonly LeadershipFeed _leadership;
    private readonly RaftTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly Channel<HostInput> _mailbox;
    private readonly PendingProposals _proposals = new();
    private readonly PendingConfirmations _confirmations = new();
    private readonly List<PendingProposal> _proposed = [];
    private readonly RepeatGate<(NodeId From, ProtocolViolation Violation)> _violations = new(RepeatPause);
    private readonly Timer _timer;
    private List<TaskCompletionSource<bool>> _asked = [];
    private Instant _armedFor;
    private bool _isArmed;
    private Instant? _leaderSince;
    private RaftStatus _status;
    private RaftEffects? _effects;

    // Completions are numbers that only grow; the newest says all, so they need no place in the mailbox.
    private long _persistedUpTo;
    private long _appliedUpTo;
    private SnapshotInfoBox? _saved;

    public RaftLoop(
        RaftNode node,
        IMonotonicClock clock,
        LeadershipFeed leadership,
        RaftTelemetry telemetry,
        ILogger logger,
        int mailboxMax)
    {
        (_node, _clock, _leadership, _telemetry, _logger) = (node, clock, leadership, telemetry, logger);
        _mailbox = Channel.CreateBounded<HostInput>(
            new BoundedChannelOptions(mailboxMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _timer = new Timer(_ => OnTimer());
        _status = TakeStatus();
    }

    public RaftStatus Status => Volatile.Read(ref _status);

    public bool TryPost(HostInput input) => _mailbox.Writer.TryWrite(input);

    public void OnPersisted(PersistenceNumber upTo)
    {
        Volatile.Write(ref _persistedUpTo, (long)upTo.Value);
        TryPost(HostInput.Wake.Instance);
    }

    public void OnApplied(LogIndex upTo)
    {
        Volatile.Write(ref _appliedUpTo, (long)upTo.Value);
        TryPost(HostInput.Wake.Instance);
    }

    public void OnSaved(SnapshotInfo snapshot)
    {
        Volatile.Write(ref _saved, new SnapshotInfoBox(snapshot));
        TryPost(HostInput.Wake.Instance);
    }

    /// <summary>Runs until it is cancelled, which throws.</summary>
    public async Task RunAsync(RaftEffects effects, CancellationToken stopping)
    {
        _effects = effects;
        var (persisted, applied) = (0L, 0L);
        while (true)
        {
            ArmTimer();
            await _mailbox.Reader.WaitToReadAsync(stopping);
            TakeMailbox();
            if (TryAdvance(ref _persistedUpTo, ref persisted))
                Step(new RaftInput.Persisted(new PersistenceNumber((ulong)persisted)));
            if (TryAdvance(ref _appliedUpTo, ref applied)) OnAppliedInTurn(new LogIndex((ulong)applied));
            if (Interlocked.Exchange(ref _saved, null) is { } saved)
                Step(new RaftInput.Snapshotted(saved.Snapshot));
            StepProposals();
            StepConfirmations();
            if (_clock.Now() >= _node.NextDeadline) Step(RaftInput.Tick.Instance);
            PublishStatus();
        }
    }

    /// <summary>Answers everybody who still waits. Called when <see cref="RunAsync"/> has ended.</summary>
    public void Close()
    {
        _mailbox.Writer.TryComplete();
        while (_mailbox.Reader.TryRead(out var input))
        {
            if (input is HostInput.Proposal proposal) proposal.Pending.Answer(new ProposeOutcome.NotLeader(null));
            else if (input is HostInput.Confirmation confirmation) confirmation.Caller.TrySetResult(false);
        }

        _proposals.LoseAfter(LogIndex.Zero);
        _confirmations.FailAll();
        if (_status.Role == RaftRole.Leader)
            _leadership.Turned(new LeadershipTurn(Leads: false, _status.Term, LogIndex.Zero));
        _leadership.Close();
        Volatile.Write(ref _status, _status with { Role = RaftRole.Follower, Leader = null, LeaderSince = null });
    }

    public void Dispose() => _timer.Dispose();

    private static bool TryAdvance(ref long newest, ref long seen)
    {
        var now = Volatile.Read(ref newest);
        if (now == seen) return false;
        seen = now;
        return true;
    }

    private void TakeMailbox()
    {
        for (var i = 0; i < InputsPerTurnMax && _mailbox.Reader.TryRead(out var input); i++)
        {
            switch (input)
            {
                case HostInput.Message message:
                    Step(new RaftInput.Received(message.From, message.Content));
                    break;
                case HostInput.Proposal proposal:
                    _proposed.Add(proposal.Pending);
                    break;
                case HostInput.Confirmation confirmation:
                    _asked.Add(confirmation.Caller);
                    break;
                case HostInput.Part part:
                    Step(part.Read);
                    break;
                case HostInput.Wake:
                    break;
            }
        }
    }

    private void OnAppliedInTurn(LogIndex upTo)
    {
        Step(new RaftInput.Applied(upTo));
        _confirmations.Applied(upTo);
        _leadership.Applied(upTo);
    }

    private void StepProposals()
    {
        if (_proposed.Count == 0) return;
        Step(new RaftInput.Propose([.. _proposed.Select(static proposal => proposal.Command)]));
        _proposed.Clear();
    }

    private void StepConfirmations()
    {
        if (_asked.Count == 0) return;
        var id = _confirmations.Ask(_asked);
        _asked = [];
        Step(new RaftInput.ConfirmLeadership(id));
    }

    private void Step(RaftInput input)
    {
        var before = (_node.Role, _node.Term, _node.Leader);
        var output = _node.Step(input, _clock.Now());
        if (output.Proposed is { } answer) TakeAnswer(answer);
        if (output.Leadership is { } turn) Turn(turn);
        Carry(output);
        if (output.Violation is { } violation && input is RaftInput.Received received) Count(violation, received);
        if (before != (_node.Role, _node.Term, _node.Leader)) Changed(before.Role, before.Leader);
    }

    private void Carry(RaftOutput output)
    {
        foreach (var envelope in output.Send) _effects!.Send(envelope);
        _effects!.Write(output.Persist, output.SendAfterPersist);
        if (MachineWork.Of(output, _proposals) is { } work) _effects.Work(work);
        foreach (var question in output.Read) _effects.Read(question);
        foreach (var confirmation in output.Confirmed) _confirmations.Answer(confirmation, _node.AppliedIndex);
    }

    private void TakeAnswer(ProposeAnswer answer)
    {
        for (var i = 0; i < _proposed.Count; i++)
        {
            if (i < answer.Accepted)
            {
                _proposed[i].PlacedAt(answer.First + i, answer.Term);
                _proposals.Add(_proposed[i]);
            }
            else
            {
                _proposed[i].Answer(answer.Refusal == ProposeRefusal.NotLeader
                    ? new ProposeOutcome.NotLeader(answer.Leader)
                    : new ProposeOutcome.Overloaded());
            }
        }

        if (answer.Accepted > 0) _telemetry.Proposed(answer.Accepted, "accepted");
        if (answer.Refusal != ProposeRefusal.None)
            _telemetry.Proposed(_proposed.Count - answer.Accepted, answer.Refusal.ToString());
    }

    private void Turn(LeadershipTurn turn)
    {
        if (turn.Leads) _telemetry.BecameLeader();
        else _proposals.LoseAfter(_node.CommitIndex);
        _leadership.Turned(turn);
    }

    private void Changed(RaftRole roleBefore, NodeId? leaderBefore)
    {
        if (_node.Leader != leaderBefore) _leaderSince = _node.Leader is null ? null : _clock.Now();
        if (_node.Role == roleBefore && _node.Leader == leaderBefore) return;
        if (_node.Role == RaftRole.PreCandidate) _telemetry.Campaigned();
        Log.RoleChanged(_logger, _node.Self, _node.Role, _node.Term, _node.Leader);
    }

    private void Count(ProtocolViolation violation, RaftInput.Received received)
    {
        _telemetry.Violated(violation.ToString());
        if (_violations.Pass((received.From, violation), _clock.Now()) is not { } more) return;
        if (violation == ProtocolViolation.AcknowledgedEntriesMissing)
            Log.AcknowledgedEntriesMissing(_logger, _node.Self, received.From, more);
        else
            Log.Violation(_logger, received.Message.GetType().Name, received.From, violation, more);
    }

    private void PublishStatus()
    {
        var status = TakeStatus();
        if (status.DiskStalledSince is { } since && _status.DiskStalledSince is null)
            Log.DiskStalled(_logger, _node.Self, since);
        if (status.DiskStalledSince is null && _status.DiskStalledSince is not null)
            Log.DiskFlows(_logger, _node.Self);
        Volatile.Write(ref _status, status);
    }

    private RaftStatus TakeStatus() => new()
    {
        Node = _node.Self,
        Role = _node.Role,
        Term = _node.Term,
        Leader = _node.Leader,
        CommitIndex = _node.CommitIndex,
        AppliedIndex = _node.AppliedIndex,
        LastIndex = _node.LastIndex,
        SnapshotIndex = _node.SnapshotIndex,
        EntriesInMemory = (int)(_node.LastIndex.Value - _node.BaseIndex.Value),
        LeaderSince = _leaderSince,
        DiskStalledSince = _node.DiskStalledSince,
        Voters = _node.MatchIndexes.ToImmutableSortedDictionary(),
    };

    private void ArmTimer()
    {
        // A deadline that only moved on needs no new timer: the early wake-up arms it again.
        var due = _node.NextDeadline;
        if (Volatile.Read(ref _isArmed) && due >= _armedFor) return;
        (_isArmed, _armedFor) = (true, due);
        var wait = due - _clock.Now();

        // Timers count whole milliseconds: one more, so as not to wake just before the time.
        if (wait > TimeSpan.Zero) wait += TimeSpan.FromMilliseconds(1);
        else wait = TimeSpan.Zero;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        Volatile.Write(ref _isArmed, false);
        TryPost(HostInput.Wake.Instance);
    }

    private sealed record SnapshotInfoBox(SnapshotInfo Snapshot);
}
