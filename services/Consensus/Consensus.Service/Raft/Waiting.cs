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
internal sealed class PendingConfirmations
{
    private readonly Dictionary<ulong, List<TaskCompletionSource<bool>>> _asked = [];
    private readonly Queue<(LogIndex ReadIndex, List<TaskCompletionSource<bool>> Callers)> _confirmed = new();
    private ulong _lastId;

    public ulong Ask(List<TaskCompletionSource<bool>> callers)
    {
        _asked.Add(++_lastId, callers);
        return _lastId;
    }

    public void Answer(LeadershipConfirmation answer, LogIndex applied)
    {
        if (!_asked.Remove(answer.Id, out var callers)) return;
        if (!answer.Confirmed) Complete(callers, false);
        else if (answer.ReadIndex <= applied) Complete(callers, true);
        else _confirmed.Enqueue((answer.ReadIndex, callers));
    }

    public void Applied(LogIndex upTo)
    {
        while (_confirmed.TryPeek(out var next) && next.ReadIndex <= upTo)
        {
            _confirmed.Dequeue();
            Complete(next.Callers, true);
        }
    }

    public void FailAll()
    {
        foreach (var callers in _asked.Values) Complete(callers, false);
        _asked.Clear();
        while (_confirmed.TryDequeue(out var next)) Complete(next.Callers, false);
    }

    private static void Complete(List<TaskCompletionSource<bool>> callers, bool leads)
    {
        foreach (var caller in callers) caller.TrySetResult(leads);
    }
}
