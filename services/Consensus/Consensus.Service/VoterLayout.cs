using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service;

/// <summary>
/// Whether the loss of any one failure domain leaves a majority, and so somebody who can fence what is lost. Two sites
/// can never have that; a third with one witness voter is enough.
/// </summary>
internal sealed record VoterLayout(string? Problem)
{
    public bool IsSafe => Problem is null;

    public static VoterLayout Of(IReadOnlyCollection<VoterOptions> voters) =>
        new(VoterDomains.ProblemOf([.. voters.Select(static voter => voter.Domain)]));

    /// <summary>Of the members; one that is in no group yet has nothing to say.</summary>
    public static VoterLayout Of(Configuration members) => new(members.Voters.IsEmpty
        ? null
        : VoterDomains.ProblemOf([.. members.Voters.Select(node => members.Find(node)!.Domain)]));

    /// <summary>An even number of voters bears no more losses than one voter less.</summary>
    public static string? WarningOf(IReadOnlyCollection<VoterOptions> voters) => voters.Count % 2 == 0
        ? $"{voters.Count} voters bear the loss of {(voters.Count - 1) / 2}, as {voters.Count - 1} would; an odd " +
            "number is wanted."
        : null;
}
