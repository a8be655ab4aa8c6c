using System.Diagnostics.Metrics;

namespace Holdfast.Ledger;

/// <summary>The figures of the ledger.</summary>
internal static class Telemetry
{
    private static readonly Meter Meter = new("Holdfast.Ledger");

    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "holdfast.ledger.writes.accepted", "{write}", "Writes that passed the gate.");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "holdfast.ledger.writes.refused", "{write}", "Writes under a lower epoch than the highest seen.");

    public static void Wrote(int accepted, int refused)
    {
        if (accepted > 0) Accepted.Add(accepted);
        if (refused > 0) Refused.Add(refused);
    }
}
