using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Hosting;

namespace Holdfast.Accounts;

/// <summary>There is a session, and what it has is known, so accounts can be claimed.</summary>
internal sealed class SessionReadiness(GrainKeeper keeper) : IReadinessCheck
{
    public string Name => "session";

    public string? WaitsFor() => keeper switch
    {
        { Session: null } =>
            "a session in Consensus, which needs a majority of the voters and the live agent of this node",
        { IsReady: false } => "the list of what this session has, from the grain directory",
        _ => null,
    };
}

/// <summary>The grain directory answers.</summary>
internal sealed class DirectoryCheck(DirectoryReadiness directory) : IReadinessCheck
{
    public string Name => directory.Name;

    public string? WaitsFor() => directory.WaitsFor() ?? (directory.IsUnopened
        ? "the creation of the grain directory, by the holder of a failover/<cluster> election"
        : null);
}

/// <summary>The ledger took the last writes.</summary>
internal sealed class LedgerReadiness(LedgerWriter writer) : IReadinessCheck
{
    public string Name => "ledger";

    public string? WaitsFor() => writer.Trouble;
}
