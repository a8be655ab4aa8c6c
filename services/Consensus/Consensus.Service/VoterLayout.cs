namespace Holdfast.Consensus.Service;

/// <summary>
/// Whether the loss of any one failure domain leaves a majority, and so somebody who can fence what is lost. Two sites
/// can never have that; a third with one witness voter is enough.
/// </summary>
internal sealed record VoterLayout(string? Problem)
{
    private const int DomainsMin = 3;

    public bool IsSafe => Problem is null;

    public static VoterLayout Of(IReadOnlyCollection<VoterOptions> voters)
    {
        var domains = voters.GroupBy(voter => voter.Domain, StringComparer.Ordinal)
            .OrderByDescending(domain => domain.Count()).ThenBy(domain => domain.Key, StringComparer.Ordinal)
            .ToList();
        var largest = domains[0];
        var majority = (voters.Count / 2) + 1;
        if (domains.Count < DomainsMin)
        {
            return new($"The {voters.Count} voters are in {domains.Count} failure domain(s) " +
                $"({string.Join(", ", domains.Select(domain => domain.Key))}); automatic failover wants " +
                $"{DomainsMin}, none with a majority of the voters.");
        }

        return largest.Count() >= majority
            ? new($"The failure domain '{largest.Key}' has {largest.Count()} of {voters.Count} voters, a majority; " +
                "without it nobody can be fenced.")
            : new((string?)null);
    }

    /// <summary>An even number of voters bears no more losses than one voter less.</summary>
    public static string? WarningOf(IReadOnlyCollection<VoterOptions> voters) => voters.Count % 2 == 0
        ? $"{voters.Count} voters bear the loss of {(voters.Count - 1) / 2}, as {voters.Count - 1} would; an odd " +
            "number is wanted."
        : null;
}
