using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Owns the state machine: applies what is committed, in order, off the loop, and answers whoever proposed it here;
/// captures its state for a snapshot, and takes the state of one.
/// </summary>
internal sealed class Applier(IStateMachine machine, Snapshots snapshots, ApplierEvents events)
{
    // The core hands out one batch, one capture and one restore at a time.
    private const int WorkMax = 4;

    private readonly Queue<MachineWork> _work = new(WorkMax);
    private readonly AnswerRun _answers = new();
    private Task _run = Task.CompletedTask;
    private bool _isStopping;

    /// <summary>On a thread of its own: one that wakes for each batch, and no time in the queue of the pool.</summary>
    public void Start() => _run = Task.Factory.StartNew(
        Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Enqueue(MachineWork work)
    {
        lock (_work)
        {
            if (!_isStopping)
            {
                Invariant.Holds(_work.Count < WorkMax);
                _work.Enqueue(work);
                Monitor.Pulse(_work);
                return;
            }
        }

        // Nobody waits for the state any more.
        Lose(new AnswerRun(), work.Proposals.AsSpan());
    }

    /// <summary>Does what is queued, then ends.</summary>
    public Task StopAsync()
    {
        TakeNoMore();
        return _run;
    }

    private static void Lose(AnswerRun answers, ReadOnlySpan<Proposal> proposals)
    {
        foreach (var proposal in proposals) answers.Give(proposal, new ProposeOutcome.Lost());
        answers.End();
    }

    private void Run()
    {
        try
        {
            while (TakeNext() is { } work) Do(work);
        }
        catch (Exception failure)
        {
            TakeNoMore();
            events.Failed(failure);
        }
    }

    private MachineWork? TakeNext()
    {
        lock (_work)
        {
            while (_work.Count == 0)
            {
                if (_isStopping) return null;
                Monitor.Wait(_work);
            }

            return _work.Dequeue();
        }
    }

    private void TakeNoMore()
    {
        lock (_work)
        {
            _isStopping = true;
            Monitor.Pulse(_work);
        }
    }

    private void Do(MachineWork work)
    {
        var answered = 0;
        try
        {
            if (work.Restore is { } snapshot)
            {
                if (snapshots.Restore(snapshot, machine)) events.Applied(snapshot.Index);
                else events.Skipped(snapshot.Index);
            }

            if (work.Capture is { } mark) snapshots.Save(mark, machine.Capture());
            if (work.Entries.IsEmpty) return;
            ApplyAll(work, ref answered);
        }
        finally
        {
            // When the machine threw, nobody knows what it did: the command is in the log all the same. And what a
            // leader's snapshot holds was not applied here, so nobody knows its answers.
            Lose(_answers, work.Proposals.AsSpan()[answered..]);
        }

        events.Applied(work.Entries[^1].Index);
    }

    private void ApplyAll(MachineWork work, ref int answered)
    {
        var proposals = work.Proposals.AsSpan();
        foreach (var entry in work.Entries)
        {
            var result = entry.Kind == EntryKind.Command
                ? machine.Apply(entry.Index, entry.Term, entry.Command.Span)
                : null;
            for (; answered < proposals.Length && proposals[answered].Index <= entry.Index; answered++)
            {
                var proposal = proposals[answered];
                var isThis = proposal.Index == entry.Index && proposal.Term == entry.Term;
                _answers.Give(proposal, isThis
                    ? new ProposeOutcome.Applied(entry.Index.Value, entry.Term.Value, result)
                    : new ProposeOutcome.Lost());
            }
        }
    }
}

/// <summary>What an <see cref="Applier"/> tells; each returns at once.</summary>
/// <param name="Applied">The state machine holds everything up to here.</param>
/// <param name="Skipped">
/// The work up to here is done, but its snapshot was gone: the state machine is where it was, and takes a newer one
/// next.
/// </param>
/// <param name="Failed">Nobody knows what the state machine holds.</param>
internal sealed record ApplierEvents(
    Action<LogIndex> Applied, Action<LogIndex> Skipped, Action<Exception> Failed);
