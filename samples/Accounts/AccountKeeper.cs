using System.Globalization;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Accounts;

/// <summary>Claims accounts and puts what it holds into the book, with the balance that the ledger tells.</summary>
internal sealed class AccountKeeper(
    IGrainDirectory directory,
    ClusterView cluster,
    AccountBook book,
    LedgerClient ledger,
    AccountsOptions options,
    ILogger<AccountKeeper> logger)
{
    public const string GrainType = "account";

    public IGrainDirectory Directory => directory;

    /// <summary>Takes over what nobody living holds of what the own cluster owns, and of what it begins with.</summary>
    public async Task ReconcileAsync(GrainClaims claims, ClusterLook look, CancellationToken cancel)
    {
        var free = await FreeAsync(claims, look, cancel);
        free.AddRange(await AbsentAsync(cancel));
        await ClaimAsync(claims, [.. free.Where(claim => IsMine(claim.Grain, look))], cancel);
    }

    /// <summary>Takes over accounts that were promoted to this cluster, as far as they are this program's.</summary>
    public async Task TakeAsync(
        GrainClaims claims, IEnumerable<GrainId> accounts, ClusterLook look, CancellationToken cancel)
    {
        List<GrainClaim> mine = [.. accounts.Where(account => IsMine(account, look)).Select(Free)];
        await ClaimAsync(claims, mine, cancel);

        static GrainClaim Free(GrainId account) => new(account);
    }

    /// <summary>Claims, and begins to own what was won; what another has is left to it.</summary>
    public async Task ClaimAsync(GrainClaims claims, IReadOnlyCollection<GrainClaim> wanted, CancellationToken cancel)
    {
        if (wanted.Count > 0)
        {
            var results = await claims.ClaimAsync(wanted, cancel);
            Log.Claimed(logger, results.Count(result => result.IsHeld), wanted.Count);
            if (results.FirstOrDefault(IsForLater) is { } later)
                throw new DirectoryUnavailableException($"a claim of {later.Grain} came to {later.Status}");
        }

        // What was claimed while the ledger did not answer is in the directory, but not in the book yet.
        await BeginAsync(claims, cancel);
    }

    private static bool IsForLater(ClaimResult result) =>
        !result.IsHeld && result.Status != DirectoryStatus.LostRace;

    private bool IsMine(GrainId account, ClusterLook look) =>
        RendezvousHash.Order(account.ToString(), look.Programs, node => node)[0] == cluster.Self.Id.Value;

    private async Task BeginAsync(GrainClaims claims, CancellationToken cancel)
    {
        var begun = claims.Held
            .Where(held => !book.Owns(held.Key, held.Value))
            .ToDictionary();
        if (begun.Count == 0) return;
        var balances = await ledger.OpenAsync(begun, cancel);
        foreach (var (account, epoch) in begun)
        {
            if (balances.TryGetValue(account, out var balance)) book.Take(account, epoch, balance);
            else claims.Forget(account, epoch);
        }
    }

    /// <summary>The records of the cluster without a holder, or with one whose session is over.</summary>
    private async Task<List<GrainClaim>> FreeAsync(
        GrainClaims claims, ClusterLook look, CancellationToken cancel)
    {
        var free = new List<GrainClaim>();
        for (var shard = 0; shard < directory.Shards; shard++)
        {
            string? cursor = null;
            do
            {
                var page = await directory.ListByOwnerAsync(shard, cluster.Self.Cluster, cursor, cancel);
                if (page.Status != DirectoryStatus.Ok)
                    throw new DirectoryUnavailableException($"the list of shard {shard} came to {page.Status}");
                free.AddRange(page.Records.Where(IsFree).Select(ClaimOf));
                cursor = page.Next;
            }
            while (cursor is not null);
        }

        return free;

        // One that this session holds without knowing was claimed by a call whose answer was lost.
        bool IsFree(GrainRecord record) =>
            record is { Tombstone: false, Grain.Type: GrainType } &&
            (record.Holder is not { } holder || look.IsOver(holder) ||
                (holder == claims.Session.Id && !claims.Held.ContainsKey(record.Grain)));
    }

    private async Task<IEnumerable<GrainClaim>> AbsentAsync(CancellationToken cancel)
    {
        if (options.First == 0) return [];
        var first = new List<GrainId>(
            Enumerable.Range(1, options.First).Select(number => new GrainId(
                GrainType, string.Create(CultureInfo.InvariantCulture, $"{cluster.Self.Cluster}-{number:d4}"))));
        var answers = await directory.LookupAsync(first, cancel);
        return answers.Where(answer => answer.Status == DirectoryStatus.NotFound)
            .Select(answer => new GrainClaim(answer.Grain));
    }

    private static GrainClaim ClaimOf(GrainRecord record) =>
        new(record.Grain, record.Holder is null ? null : record.Epoch);
}
