using System.Globalization;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>What many rounds came to, as a row of docs/soak/README.md.</summary>
internal sealed class CampaignSummary(ulong first)
{
    private readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);
    private int _seeds;
    private int _skipped;
    private long _acknowledged;
    private int _lost;
    private double _seconds;

    public void Add(RoundReport report)
    {
        _seeds++;
        if (report.Skipped is not null) _skipped++;
        else _faults[report.Fault] = _faults.GetValueOrDefault(report.Fault) + 1;
        (_acknowledged, _lost) = (_acknowledged + report.Acknowledged, _lost + report.Lost);
        _seconds += report.Seconds;
    }

    /// <summary>
    /// Without date and commit, which the script knows. Rounds that were skipped are among the seeds, and no rounds.
    /// </summary>
    public string ToRow() => string.Create(
        CultureInfo.InvariantCulture,
        $"{first} to {first + (ulong)_seeds - 1} | {Run} | {_skipped} | {Faults} | {_acknowledged} | {_lost} |");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Run} rounds from seed {first} in {_seconds / 60:F1} min ({_skipped} skipped): {Faults}. " +
        $"{_acknowledged} writes acknowledged, {_lost} lost.");

    private int Run => _seeds - _skipped;

    private string Faults => string.Join(", ", _faults.Select(fault => $"{fault.Value} {fault.Key}"));
}
