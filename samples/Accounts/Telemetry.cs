using System.Diagnostics.Metrics;

namespace Holdfast.Accounts;

/// <summary>The figures of the program.</summary>
internal static class Telemetry
{
    private static readonly Meter Meter = new("Holdfast.Accounts");

    private static readonly Counter<long> Written = Meter.CreateCounter<long>(
        "holdfast.accounts.writes", "{write}", "Writes that the ledger took.");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "holdfast.accounts.writes.refused", "{write}", "Writes that the ledger refused for their epoch.");

    public static void Wrote(int accepted, int refused)
    {
        if (accepted > 0) Written.Add(accepted);
        if (refused > 0) Refused.Add(refused);
    }
}
