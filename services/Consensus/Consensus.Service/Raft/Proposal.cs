using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>
/// Who proposes, and hears what became of it. For whoever has many commands on their way at once: nothing is awaited,
/// and the answers of one batch can go out together.
/// </summary>
public interface IProposer
{
    /// <summary>
    /// Called once for each proposal, for committed ones in the order of the log. It must be quick and must not throw
    /// or wait: the caller may be the thread that applies commands, or anybody who proposes or asks, since whoever
    /// brings something takes a turn for all.
    /// </summary>
    void Answer(Proposal proposal, ProposeOutcome outcome);

    /// <summary>Called after some answers, so that what they said can go out together. It must not wait.</summary>
    void Flush();
}

/// <summary>A command on its way into the log, and where it is in the log once it is.</summary>
/// <param name="command">The command. Its bytes belong to the log from now on: never change them.</param>
/// <param name="proposer">Who is told the outcome.</param>
/// <param name="tag">The proposer's own mark, so that it knows its proposals apart.</param>
public sealed class Proposal(ReadOnlyMemory<byte> command, IProposer proposer, ulong tag = 0)
{
    public ReadOnlyMemory<byte> Command { get; } = command;

    public ulong Tag { get; } = tag;

    internal IProposer Proposer { get; } = proposer;

    internal LogIndex Index { get; private set; }

    internal Term Term { get; private set; }

    internal void PlacedAt(LogIndex index, Term term) => (Index, Term) = (index, term);
}

/// <summary>The one who awaits the outcome of one proposal.</summary>
internal sealed class AwaitingProposer : IProposer
{
    private readonly TaskCompletionSource<ProposeOutcome> _outcome =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<ProposeOutcome> Outcome => _outcome.Task;

    public void Answer(Proposal proposal, ProposeOutcome outcome) => _outcome.TrySetResult(outcome);

    public void Flush()
    {
        // Whoever awaits goes on by itself.
    }
}

/// <summary>Gives a run of answers, and tells each proposer once the run is over.</summary>
internal sealed class AnswerRun
{
    private readonly List<IProposer> _answered = [];

    public void Give(Proposal proposal, ProposeOutcome outcome)
    {
        proposal.Proposer.Answer(proposal, outcome);

        // Proposals of one proposer mostly follow each other; to be told twice does no harm.
        if (_answered.Count == 0 || _answered[^1] != proposal.Proposer) _answered.Add(proposal.Proposer);
    }

    public void End()
    {
        foreach (var proposer in _answered) proposer.Flush();
        _answered.Clear();
    }
}
