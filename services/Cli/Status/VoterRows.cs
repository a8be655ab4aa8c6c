using Holdfast.Cli.Calls;
using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Status;

/// <summary>The voters: each by its own word, and those that did not answer by the word of the others.</summary>
internal static class VoterRows
{
    private const string Leader = "leader";
    private const string Unknown = "unknown";
    private const string Learner = "learner";

    public static ConsensusPart Of(IReadOnlyList<Asked<ConsensusStatus>> asked)
    {
        ConsensusStatus[] answers = [.. asked.Select(voter => voter.Answer.Value).OfType<ConsensusStatus>()];
        var newest = answers.OrderByDescending(answer => answer.Role == Leader)
            .ThenByDescending(answer => answer.Term)
            .ThenByDescending(answer => answer.CommitIndex)
            .FirstOrDefault();
        var rows = newest?.Voters.Select(voter => Of(voter, answers)).ToList() ?? [];
        return new ConsensusPart
        {
            Leader = newest?.Leader,
            Term = newest?.Term,
            HasQuorum = newest?.Leader is not null && IsMajority(rows) &&
                rows.Any(row => row.Answered && row.Node == newest.Leader && row.Role == Leader),
            LayoutProblem = newest?.LayoutProblem,
            Voters = rows,
        };
    }

    private static VoterRow Of(VoterAnswer voter, ConsensusStatus[] answers)
    {
        var own = answers.FirstOrDefault(answer => answer.Node == voter.Node);
        return new VoterRow
        {
            Node = voter.Node,
            Domain = voter.Domain,
            Address = voter.Address,
            Role = own?.Role ?? Unknown,
            Standing = voter.Standing,
            LastIndex = own?.LastIndex ?? voter.MatchIndex,
            Answered = own is not null,
            Alerts = own is null
                ? []
                : [.. own.Alerts, .. new[] { own.LogProblem, own.Recovering ? "recovering" : null }.OfType<string>()],
        };
    }

    private static bool IsMajority(List<VoterRow> rows)
    {
        var voters = rows.Where(row => row.Standing != Learner).ToList();
        return voters.Count(row => row.Answered) * 2 > voters.Count;
    }
}
