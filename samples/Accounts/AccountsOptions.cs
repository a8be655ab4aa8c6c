using System.ComponentModel.DataAnnotations;

namespace Holdfast.Accounts;

/// <summary>What this program owns, and where it writes.</summary>
public sealed record AccountsOptions
{
    public const string Section = "Accounts";

    /// <summary>The ledger that balances are written to.</summary>
    public required Uri Ledger { get; init; }

    /// <summary>A file with the ledger's bearer token, read again when it changes; absent: none is sent.</summary>
    public string? LedgerTokenFile { get; init; }

    /// <summary>
    /// Accounts that the cluster begins with: <c>account/&lt;cluster&gt;-0001</c> and so on, claimed where the
    /// directory has no record of them, by whichever program of the cluster is first. From 0 to 9,999.
    /// </summary>
    [Range(0, 9_999)]
    public int First { get; init; }

    /// <summary>
    /// Pause between two writes of each account. Shorter shows an interruption more finely and costs the ledger more.
    /// From 50 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan WriteInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Pause between two looks at the directory, for what no event told. Shorter finds a lost event sooner and costs a
    /// call for each shard. From 100 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan ReconcileInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Writes that wait while the ledger cannot be reached; beyond, no new ones are made. From 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int UnsentMax { get; init; } = 10_000;

    /// <summary>A group of replicas to define at start; absent: none.</summary>
    public GroupOptions? Group { get; init; }
}

/// <summary>A group of replicas, as <c>DefineGroup</c> wants it; its cluster is this program's own.</summary>
public sealed record GroupOptions
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>replica</c>, <c>fork</c> or <c>standby</c>.</summary>
    [AllowedValues("replica", "fork", "standby")]
    public string Kind { get; init; } = "replica";

    /// <summary>How many slots. From 1 to 65,535.</summary>
    [Range(1, 65_535)]
    public int Slots { get; init; } = 2;

    /// <summary>How many of them one node may host; absent: as many as it has room for.</summary>
    public int? PerNodeMax { get; init; }
}
