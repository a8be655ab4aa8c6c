using System.Threading.Channels;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Owns the state machine: applies what is committed, in order, off the loop, and answers whoever proposed it here;
/// captures its state for a snapshot, and takes the state of one.
/// </summary>
internal sealed class Applier(IStateMachine machine, Snapshots snapshots, ApplierEvents events)
{
    // The core hands out one batch, one capture and one restore at a time.
    private const int WorkMax = 4;

    private readonly Channel<MachineWork> _work = Channel.CreateBounded<MachineWork>(WorkMax);
    private readonly AnswerRun _answers = new();
    private Task _run = Task.CompletedTask;

    public void Start() => _run = Task.Run(RunAsync);

    public void Enqueue(MachineWork work)
    {
        // False only while stopping, when nobody waits for the state any more.
        if (!_work.Writer.TryWrite(work)) Lose(new AnswerRun(), work.Proposals.AsSpan());
    }

    public Task StopAsync()
    {
        _work.Writer.TryComplete();
        return _run;
    }

    private static void Lose(AnswerRun answers, ReadOnlySpan<Proposal> proposals)
    {
        foreach (var proposal in proposals) answers.Give(proposal, new ProposeOutcome.Lost());
        answers.End();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var work in _work.Reader.ReadAllAsync()) Do(work);
        }
        catch (Exception failure)
        {
            _work.Writer.TryComplete();
            events.Failed(failure);
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
