using System.Globalization;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>What many rounds came to, as a row of docs/soak/README.md.</summary>
internal sealed class CampaignSummary(ulong seed)
{
    private readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);
    private readonly List<string> _broken = [];
    private int _rounds;
    private long _grains;
    private long _accepted;
    private long _refused;
    private double _seconds;

    /// <summary>Rounds after which something was not as it should be.</summary>
    public int Broken => _broken.Count;

    public void Add(RoundReport report)
    {
        _rounds++;
        if (report.Problems.Count > 0) _broken.Add(report.Plan.Command);
        var fault = report.At is null ? "none" : $"{report.Plan.Fault}";
        _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
        (_grains, _accepted, _refused) =
            (_grains + report.Plan.Grains, _accepted + report.Accepted, _refused + report.Refused);
        _seconds += report.Seconds;
    }

    /// <summary>Without date and commit, which the script knows.</summary>
    public string ToRow() => string.Create(
        CultureInfo.InvariantCulture,
        $"{seed} to {seed + (ulong)_rounds - 1} | {_rounds} | {Faults} | {_grains} | {_accepted} | {_refused} | " +
        $"{Broken} |");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_rounds} rounds from seed {seed} in {_seconds / 60:F1} min: {Faults}. " +
        $"{_grains} grains moved, {_accepted} writes taken, {_refused} refused, " +
        $"{(Broken == 0 ? "nothing" : $"{Broken} rounds")} broken.") +
        string.Concat(_broken.Select(command => "\n  to repeat: " + command));

    private string Faults => string.Join(", ", _faults.Select(fault => $"{fault.Value} {fault.Key}"));
}
