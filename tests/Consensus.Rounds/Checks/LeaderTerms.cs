using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Consensus.Rounds.Checks;

/// <summary>
/// Who led in each term, by what voters said of themselves when asked and by what they wrote when they were elected.
/// </summary>
internal sealed partial class LeaderTerms
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, string> _leaders = [];
    private readonly List<string> _problems = [];

    public int Count
    {
        get
        {
            lock (_gate) return _leaders.Count;
        }
    }

    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_gate) return [.. _problems];
        }
    }

    public void Saw(ulong term, string leader)
    {
        lock (_gate)
        {
            if (_leaders.TryAdd(term, leader) || _leaders[term] == leader) return;
            var problem = $"In term {term} both {_leaders[term]} and {leader} led.";
            if (!_problems.Contains(problem)) _problems.Add(problem);
        }
    }

    /// <summary>A line of a voter's log.</summary>
    public void Read(string line)
    {
        if (Elected().Match(line) is { Success: true } elected)
            Saw(ulong.Parse(elected.Groups[2].Value, CultureInfo.InvariantCulture), elected.Groups[1].Value);
    }

    [GeneratedRegex(@"Voter (\S+) is Leader in term (\d+)")]
    private static partial Regex Elected();
}
