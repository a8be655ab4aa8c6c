using System.ComponentModel.DataAnnotations;

namespace Holdfast.Ledger;

/// <summary>Where the ledger keeps what it must not forget.</summary>
public sealed record LedgerOptions
{
    public const string Section = "Ledger";

    /// <summary>
    /// A folder for the highest epochs and the balances, made if it is not there. One process at a time has it open.
    /// </summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// Writes that one request may carry. More mean larger bodies and fewer requests. From 1 to 10,000.
    /// </summary>
    [Range(1, 10_000)]
    public int WritesPerRequestMax { get; init; } = 1_000;
}
