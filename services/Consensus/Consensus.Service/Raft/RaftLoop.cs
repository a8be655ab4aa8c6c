using System.Collections.Immutable;
using System.Threading.Channels;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// What the loop sets in motion; each returns at once. What is sent goes out with <see cref="Flush"/>, at the end of a
/// turn. What is to be written or worked begins with <see cref="Begin"/>, after the turn, and may be done there and
/// then where an errand is named. <see cref="Fail"/> says that a turn threw.
/// </summary>
internal sealed record RaftEffects(
    Action<Envelope> Send,
    Action Flush,
    Action<Persistence?, ImmutableArray<Envelope>> Write,
    Action<MachineWork> Work,
    Action<Errand?> Begin,
    Action<ChunkQuestion> Read,
    Action<Configuration> Follow,
    Action<Exception> Fail);

/// <summary>
/// The one owner of a <see cref="RaftNode"/>. Each turn takes what is in the mailbox, gives all its proposals to the
/// core as one batch and all its questions as one, and carries out what comes back. It never waits for a disk, a peer
/// or the state machine: their completions come in as inputs, so heartbeats go on whatever stalls.
/// </summary>
internal sealed partial class RaftLoop : IDisposable
{
    private readonly RaftNode _node;
    private readonly IMonotonicClock _clock;
    private readonly LeadershipFeed _leadership;
    private readonly RaftTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly Channel<HostInput> _mailbox;
    private readonly PendingProposals _proposals = new();
    private readonly PendingConfirmations _confirmations;

    // Each leaves when it is answered or placed, so that who is still here when a turn threw is answered once.
    private readonly Queue<Proposal> _proposed = new();
    private readonly AnswerRun _refused = new();
    private readonly Timer _timer;
    private List<TaskCompletionSource<bool>> _asked = [];
    private List<TaskCompletionSource<bool>> _reading = [];
    private RaftEffects? _effects;

    public RaftLoop(
        RaftNode node,
        IMonotonicClock clock,
        LeadershipFeed leadership,
        RaftTelemetry telemetry,
        ILogger logger,
        RaftHostOptions options)
    {
        (_node, _clock, _leadership, _telemetry, _logger) = (node, clock, leadership, telemetry, logger);
        _confirmations = new PendingConfirmations(options.Raft.ConfirmationsMax);
        _mailbox = Channel.CreateBounded<HostInput>(new BoundedChannelOptions(options.MailboxMax)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
        _timer = new Timer(_ => OnTimer());
        _status = TakeStatus();
    }

    private LogIndex Held => new((ulong)Volatile.Read(ref _heldUpTo));

    public void Dispose() => _timer.Dispose();

    private void OnAppliedInTurn(LogIndex upTo)
    {
        Step(new RaftInput.Applied(upTo));
        _confirmations.Applied(Held);
        _leadership.Applied(Held);
    }

    private void StepProposals()
    {
        if (_proposed.Count == 0) return;
        var commands = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(_proposed.Count);
        foreach (var proposal in _proposed) commands.Add(proposal.Command);
        Step(new RaftInput.Propose(commands.MoveToImmutable()));
    }

    private void StepConfirmations()
    {
        if (_asked.Count == 0) return;
        var id = _confirmations.Ask(_asked);
        _asked = [];
        Step(new RaftInput.ConfirmLeadership(id));
    }

    private void StepReads()
    {
        if (_reading.Count == 0) return;
        var id = _confirmations.Ask(_reading);
        _reading = [];
        Step(new RaftInput.Read(id));
    }

    private void StepHint(HostInput.Hint hint)
    {
        if (_node.Leader == hint.Suspect && _node.Role == RaftRole.Follower)
            Log.Hinted(_logger, _node.Self, hint.Suspect, hint.Kind);
        _telemetry.Hinted(hint.Kind.ToString());
        Step(new RaftInput.Hint(hint.Suspect, hint.Kind));
    }

    private void Step(RaftInput input)
    {
        var before = (_node.Role, _node.Term, _node.Leader);
        var output = _node.Step(input, _clock.Now());
        if (output.Proposed is { } answer) TakeAnswer(answer);
        if (output.Transfer is { } step) TakeTransfer(step);
        if (output.Changed is { } changed) TakeChange(changed);
        if (output.Snapshot is { } snapshot) TakeSnapshotTurn(snapshot);
        if (output.Leadership is { } turn) Turn(turn);
        Carry(output);
        LookAtChange();
        if (output.Violation is { } violation && input is RaftInput.Received received) Count(violation, received);
        if (before != (_node.Role, _node.Term, _node.Leader)) Changed(before.Role, before.Leader);
    }

    private void Carry(RaftOutput output)
    {
        if (output.Members is { } members)
        {
            Log.MembersCount(_logger, _node.Self, members);
            _effects!.Follow(members);
        }

        foreach (var envelope in output.Send) _effects!.Send(envelope);
        _effects!.Write(output.Persist, output.SendAfterPersist);
        if (MachineWork.Of(output, _proposals) is { } work) _effects.Work(work);
        foreach (var question in output.Read) _effects.Read(question);
        foreach (var confirmation in output.Confirmed) _confirmations.Answer(confirmation, Held);
    }

    private void TakeAnswer(ProposeAnswer answer)
    {
        var refused = _proposed.Count - answer.Accepted;
        for (var i = 0; _proposed.TryDequeue(out var proposal); i++)
        {
            if (i < answer.Accepted)
            {
                proposal.PlacedAt(answer.First + i, answer.Term);
                _proposals.Add(proposal);
            }
            else
            {
                _refused.Give(proposal, OutcomeOf(answer));
            }
        }

        _refused.End();
        if (answer.Accepted > 0) _telemetry.Proposed(answer.Accepted, "accepted");
        if (answer.Refusal != ProposeRefusal.None)
            _telemetry.Proposed(refused, answer.Refusal.ToString());
    }

    private static ProposeOutcome OutcomeOf(ProposeAnswer refused) => refused.Refusal switch
    {
        ProposeRefusal.NotLeader => new ProposeOutcome.NotLeader(refused.Leader),
        ProposeRefusal.LeadershipMoves => new ProposeOutcome.Moving(refused.Leader),
        _ => new ProposeOutcome.Overloaded(),
    };
}
