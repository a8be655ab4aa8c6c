using System.Collections.Immutable;

namespace Holdfast.Consensus.Protocol.Raft;

/// <summary>
/// Whether the loss of any one failure domain leaves a majority, and so somebody who can decide. Two sites can never
/// have that; a third with one witness voter is enough.
/// </summary>
public static class VoterDomains
{
    private const int DomainsMin = 3;

    /// <summary>What is wrong with voters in these failure domains, one for each voter; null when nothing is.</summary>
    public static string? ProblemOf(ImmutableArray<string> domainOfEach)
    {
        var domains = domainOfEach.GroupBy(static domain => domain, StringComparer.Ordinal)
            .OrderByDescending(static domain => domain.Count())
            .ThenBy(static domain => domain.Key, StringComparer.Ordinal)
            .ToList();
        if (domains.Count < DomainsMin)
        {
            return $"The {domainOfEach.Length} voters are in {domains.Count} failure domain(s) " +
                $"({string.Join(", ", domains.Select(static domain => domain.Key))}); automatic failover wants " +
                $"{DomainsMin}, none with a majority of the voters.";
        }

        var (largest, count) = (domains[0].Key, domains[0].Count());
        return count > domainOfEach.Length / 2
            ? $"The failure domain '{largest}' has {count} of {domainOfEach.Length} voters, a majority; " +
                "without it nobody can be fenced."
            : null;
    }
}
