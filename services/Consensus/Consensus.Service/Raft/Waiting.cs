using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>Proposals of the present leadership, in order, until they are handed to the state machine.</summary>
internal sealed class PendingProposals
{
    private readonly Queue<Proposal> _waiting = new();
    private readonly AnswerRun _lost = new();

    public void Add(Proposal proposal) => _waiting.Enqueue(proposal);

    /// <summary>Those that are answered when these entries are applied.</summary>
    public ImmutableArray<Proposal> TakeUpTo(LogIndex last)
    {
        var taken = ImmutableArray.CreateBuilder<Proposal>();
        while (_waiting.TryPeek(out var proposal) && proposal.Index <= last) taken.Add(_waiting.Dequeue());
        return taken.DrainToImmutable();
    }

    /// <summary>Leadership is lost: what is not committed may or may not be by a later leader.</summary>
    public void LoseAfter(LogIndex commit)
    {
        var committed = TakeUpTo(commit);
        while (_waiting.TryDequeue(out var proposal)) _lost.Give(proposal, new ProposeOutcome.Lost());
        _lost.End();
        foreach (var proposal in committed) _waiting.Enqueue(proposal);
    }
}

/// <summary>
/// Callers that ask whether this node leads. All that came in since the last turn of the loop are one question to the
/// core; a confirmed one waits until the state machine holds what was committed when it was asked.
/// </summary>
/// <param name="max">Callers that wait at most; more are told no.</param>
internal sealed class PendingConfirmations(int max)
{
    // Looking for callers that gave up takes as long as there are many, so not for each that is refused.
    private const int RefusalsPerSweep = 1024;

    private readonly Dictionary<ulong, List<TaskCompletionSource<bool>>> _asked = [];
    private Queue<(LogIndex ReadIndex, List<TaskCompletionSource<bool>> Callers)> _confirmed = new();
    private ulong _lastId;
    private int _callers;
    private int _refusals;

    /// <summary>Counts a caller that is asked for next; false when too many wait, and then it is told no.</summary>
    public bool Admits(TaskCompletionSource<bool> caller)
    {
        if (_callers >= max && _refusals++ % RefusalsPerSweep == 0) DropWhoGaveUp();
        if (_callers < max)
        {
            _callers++;
            return true;
        }

        caller.TrySetResult(false);
        return false;
    }

    public ulong Ask(List<TaskCompletionSource<bool>> callers)
    {
        _asked.Add(++_lastId, callers);
        return _lastId;
    }

    /// <param name="answer">What the core says.</param>
    /// <param name="held">Up to where the state machine really is.</param>
    public void Answer(LeadershipConfirmation answer, LogIndex held)
    {
        if (!_asked.Remove(answer.Id, out var callers)) return;
        if (!answer.Confirmed) End(callers, false);
        else if (answer.ReadIndex <= held) End(callers, true);
        else _confirmed.Enqueue((answer.ReadIndex, callers));
    }

    public void Applied(LogIndex upTo)
    {
        while (_confirmed.TryPeek(out var next) && next.ReadIndex <= upTo)
        {
            _confirmed.Dequeue();
            End(next.Callers, true);
        }
    }

    public void FailAll()
    {
        foreach (var callers in _asked.Values) End(callers, false);
        _asked.Clear();
        while (_confirmed.TryDequeue(out var next)) End(next.Callers, false);
    }

    public static void Complete(List<TaskCompletionSource<bool>> callers, bool leads)
    {
        foreach (var caller in callers) caller.TrySetResult(leads);
    }

    private void End(List<TaskCompletionSource<bool>> callers, bool leads)
    {
        _callers -= callers.Count;
        Complete(callers, leads);
    }

    private void DropWhoGaveUp()
    {
        foreach (var callers in _asked.Values.Concat(_confirmed.Select(static next => next.Callers)))
            _callers -= callers.RemoveAll(static caller => caller.Task.IsCompleted);
        _confirmed = new(_confirmed.Where(static next => next.Callers.Count > 0));
    }
}
