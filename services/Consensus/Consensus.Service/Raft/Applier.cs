using System.Collections.Immutable;
using System.Threading.Channels;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Owns the state machine: applies what is committed, in order, off the loop, and answers whoever proposed it here.
/// </summary>
internal sealed class Applier(IStateMachine machine, Action<LogIndex> onApplied, Action<Exception> onFailed)
{
    // The core hands out the next batch only after the one before was applied.
    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(1);
    private Task _run = Task.CompletedTask;

    public void Start() => _run = Task.Run(RunAsync);

    public void Enqueue(ImmutableArray<LogEntry> entries, ImmutableArray<PendingProposal> proposals)
    {
        // False only while stopping, when nobody waits for the state any more.
        if (!_batches.Writer.TryWrite(new Batch(entries, proposals)))
            foreach (var proposal in proposals) proposal.Answer(new ProposeOutcome.Lost());
    }

    public Task StopAsync()
    {
        _batches.Writer.TryComplete();
        return _run;
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var batch in _batches.Reader.ReadAllAsync()) Apply(batch);
        }
        catch (Exception failure)
        {
            _batches.Writer.TryComplete();
            onFailed(failure);
        }
    }

    private void Apply(Batch batch)
    {
        try
        {
            ApplyAll(batch);
        }
        finally
        {
            // When the machine threw, nobody knows what it did: the command is in the log all the same.
            foreach (var proposal in batch.Proposals) proposal.Answer(new ProposeOutcome.Lost());
        }

        onApplied(batch.Entries[^1].Index);
    }

    private void ApplyAll(Batch batch)
    {
        var proposals = batch.Proposals.AsSpan();
        foreach (var entry in batch.Entries)
        {
            var result = entry.Kind == EntryKind.Command
                ? machine.Apply(entry.Index, entry.Term, entry.Command.Span)
                : null;
            if (proposals.IsEmpty || proposals[0].Index != entry.Index) continue;
            var mine = proposals[0].Term == entry.Term;
            proposals[0].Answer(mine
                ? new ProposeOutcome.Applied(entry.Index.Value, entry.Term.Value, result)
                : new ProposeOutcome.Lost());
            proposals = proposals[1..];
        }
    }

    private sealed record Batch(ImmutableArray<LogEntry> Entries, ImmutableArray<PendingProposal> Proposals);
}
