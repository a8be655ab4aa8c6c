using Holdfast.Primitives;

namespace Holdfast.Consensus.Rounds.Checks;

/// <summary>A token that a client was told.</summary>
/// <param name="Purpose">The election, <c>session</c>, or the key of a definition.</param>
/// <param name="Session">Whom it names; empty for a definition's.</param>
/// <param name="Token">The token.</param>
/// <param name="CalledAt">When it was asked for.</param>
/// <param name="ReturnedAt">When it was told.</param>
internal sealed record Grant(string Purpose, string Session, Token Token, Instant CalledAt, Instant ReturnedAt);

/// <summary>All tokens that clients were told, and the definitions that were acknowledged.</summary>
internal sealed class TokenLedger
{
    private readonly Lock _gate = new();
    private readonly List<Grant> _grants = [];
    private readonly Dictionary<string, string> _definitions = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> Definitions => _definitions;

    public void Minted(Grant grant)
    {
        lock (_gate) _grants.Add(grant);
    }

    public void Defined(string key, string json)
    {
        lock (_gate) _definitions[key] = json;
    }

    public Grant? Highest(string purpose) =>
        _grants.Where(grant => grant.Purpose == purpose).MaxBy(grant => grant.Token);

    /// <summary>Tokens that name a session, the newest first.</summary>
    public IEnumerable<Grant> Newest(int count) =>
        _grants.Where(grant => grant.Session.Length > 0).OrderByDescending(grant => grant.Token).Take(count);

    /// <summary>
    /// A token means one thing for ever: one purpose, one session. And of one purpose, whoever asked after another was
    /// told got no lower one.
    /// </summary>
    public IEnumerable<string> Problems()
    {
        foreach (var same in _grants.GroupBy(grant => grant.Token))
        {
            var meanings = same.Select(grant => (grant.Purpose, grant.Session)).Distinct().ToList();
            if (meanings.Count > 1)
                yield return $"The token {same.Key} was given for {string.Join(" and ", meanings)}.";
        }

        foreach (var purpose in _grants.GroupBy(grant => grant.Purpose))
        {
            var told = new PriorityQueue<Grant, Instant>();
            Grant? highest = null;
            foreach (var grant in purpose) told.Enqueue(grant, grant.ReturnedAt);
            foreach (var grant in purpose.OrderBy(grant => grant.CalledAt))
            {
                while (told.TryPeek(out var before, out _) && before.ReturnedAt < grant.CalledAt)
                {
                    told.Dequeue();
                    if (highest is null || before.Token > highest.Token) highest = before;
                }

                if (highest is not null && grant.Token < highest.Token)
                    yield return $"{grant.Purpose}: {grant.Token} was given after {highest.Token} was told.";
            }
        }
    }
}
