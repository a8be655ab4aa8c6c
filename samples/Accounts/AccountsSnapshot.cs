using Holdfast.Client;
using Holdfast.Hosting;

namespace Holdfast.Accounts;

/// <summary>What <c>GET /accounts</c> tells.</summary>
internal sealed class AccountsSnapshot(
    AccountBook book, GrainKeeper keeper, BalanceReplicas replicas, NodeOptions self) : ISnapshotSource
{
    public object Snapshot()
    {
        var session = keeper.Session;
        return new AccountsAnswer(
            self.Id.Value,
            self.Cluster.Value,
            session?.Id.ToString(),
            session?.IsAlive() ?? false,
            book.Owned.ToDictionary(
                owned => owned.Key.ToString(),
                owned => new AccountAnswer(owned.Value.Epoch.ToString(), owned.Value.Balance),
                StringComparer.Ordinal),
            book.Unsent,
            book.Totals,
            replicas.Running);
    }
}

/// <summary>What a program owns, and what became of its writes.</summary>
internal sealed record AccountsAnswer(
    string Node,
    string Cluster,
    string? Session,
    bool Alive,
    IReadOnlyDictionary<string, AccountAnswer> Accounts,
    int Unsent,
    BookTotals Writes,
    IReadOnlyDictionary<string, Replica> Replicas);

/// <summary>One account.</summary>
internal sealed record AccountAnswer(string Epoch, long Balance);
