using Holdfast.Directory;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging;

namespace Holdfast.Client;

/// <summary>
/// Gives grains to other clusters and takes what they offer. The giver drains a grain, offers it, and serves it no more
/// until the offer is withdrawn; the receiver accepts under a token of its own. What is not accepted in time is
/// withdrawn, and under that epoch never offered again.
/// </summary>
internal sealed class GrainTransfers(
    ShardCalls calls, KeptGrains kept, GrainClaiming claiming, GrainKeeperOptions options, ILogger logger)
{
    private readonly HashSet<string> _types = [.. options.Types];

    /// <summary>Drains grains and offers them.</summary>
    /// <returns>Those that are offered by now.</returns>
    public async Task<IReadOnlyList<GrainId>> OfferAsync(
        IReadOnlyCollection<GrainId> grains, ClusterId to, Func<Instant> now, CancellationToken cancel)
    {
        var drained = await DrainAsync(grains, to);
        var offering = drained
            .Select(grain => kept.Read(book => book.Offer(grain, now())))
            .OfType<Holding>()
            .ToDictionary(holding => holding.Grain);
        foreach (var grain in drained.Where(grain => !offering.ContainsKey(grain))) KeepDrained(grain);
        var offered = new List<GrainId>();
        await calls.OfferAsync(offering.Values.Select(holding => holding.Held), to, Learn, cancel);
        if (offered.Count > 0) Log.GrainsOffered(logger, offered.Count, to.Value);
        Telemetry.GrainsOffered.Add(offered.Count);
        return offered;

        void Learn(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var answer in answers)
            {
                if (answer.Status == DirectoryStatus.Ok)
                {
                    lock (offered) offered.Add(answer.Grain);
                }
                else
                {
                    NotOffered(offering[answer.Grain], answer);
                }
            }
        }
    }

    /// <summary>Takes offers back; what was accepted meanwhile is lost.</summary>
    public Task WithdrawAsync(IReadOnlyCollection<Holding> offered, CancellationToken cancel)
    {
        var withdrawing = offered.ToDictionary(holding => holding.Grain);
        return calls.OfferAsync(withdrawing.Values.Select(holding => holding.Held), null, Learn, cancel);

        void Learn(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var answer in answers)
            {
                var holding = withdrawing[answer.Grain];
                claiming.Note(answer.Status);
                if (answer.Status == DirectoryStatus.Ok)
                    kept.Change(book => book.Keep(holding.Grain, holding.Epoch));
                else claiming.Learn(holding, answer);
            }
        }
    }

    /// <summary>Looks which offers were accepted, and withdraws those that nobody wanted in time.</summary>
    public async Task ReviewAsync(Instant now, CancellationToken cancel)
    {
        var offered = kept.Read(book => book.Offered);
        if (offered.Count == 0) return;
        await claiming.LookAsync([.. offered.Select(holding => holding.Grain)], cancel);
        List<Holding> late =
        [
            .. kept.Read(book => book.Offered).Where(holding => now - holding.OfferedAt >= options.OfferPatience),
        ];
        if (late.Count == 0) return;
        Log.GrainsWithdrawn(logger, late.Count, options.OfferPatience);
        await WithdrawAsync(late, cancel);
    }

    /// <summary>Accepts what a cluster offers to the own one, as far as it is this program's.</summary>
    /// <returns>How many grains were accepted.</returns>
    public async Task<int> AcceptAsync(ClusterId from, ClusterLook look, CancellationToken cancel)
    {
        var wanted = new List<GrainId>();
        await calls.ForShardsAsync(
            Enumerable.Range(0, calls.Directory.Shards),
            (shard, inner) => calls.ListAsync(shard, from, Sort, inner),
            cancel);
        var accepted = 0;
        await calls.AcceptAsync(wanted.Take(Math.Max(0, options.GrainsMax - kept.Count)), Learn, cancel);
        if (accepted > 0) Log.GrainsAccepted(logger, accepted, from.Value);
        return accepted;

        void Sort(IReadOnlyList<GrainRecord> records)
        {
            var mine = records.Where(IsOffered).Select(record => record.Grain).ToList();
            lock (wanted) wanted.AddRange(mine);
        }

        bool IsOffered(GrainRecord record) =>
            record.Offer?.To == calls.Session.Cluster && _types.Contains(record.Grain.Type) &&
            look.IsOwn(record.Grain);

        void Learn(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var answer in answers) claiming.Take(answer);
            Interlocked.Add(ref accepted, answers.Count(answer => answer.Status == DirectoryStatus.Ok));
        }
    }

    /// <summary>Drains grains and gives them up: nobody owns them then.</summary>
    /// <returns>Those that are released.</returns>
    public async Task<IReadOnlyList<GrainId>> ReleaseAsync(
        IReadOnlyCollection<GrainId> grains, CancellationToken cancel)
    {
        var releasing = (await DrainAsync(grains, to: null))
            .Select(grain => kept.Read(book => book.Find(grain)))
            .OfType<Holding>()
            .ToDictionary(holding => holding.Grain);
        var released = new List<GrainId>();
        try
        {
            await calls.ReleaseAsync(releasing.Values.Select(holding => holding.Held), Learn, cancel);
        }
        finally
        {
            // The rest may be released later, by a call that was given up: it is served only under a newer epoch.
            foreach (var holding in releasing.Values) kept.Read(book => book.Refused(holding.Grain, holding.Epoch));
        }

        return released;

        void Learn(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var answer in answers)
            {
                var holding = releasing[answer.Grain];
                if (answer.Status is not (DirectoryStatus.Ok or DirectoryStatus.NotFound)) continue;
                kept.Change(book => book.Lost(
                    holding.Grain, holding.Epoch, GrainLossCause.Released, answer.Record));
                lock (released) released.Add(answer.Grain);
            }
        }
    }

    /// <summary>It came into doubt while it was drained, and is not offered.</summary>
    private void KeepDrained(GrainId grain) => kept.Change(book => book.KeepDrained(grain));

    private async Task<IReadOnlyList<GrainId>> DrainAsync(IReadOnlyCollection<GrainId> grains, ClusterId? to)
    {
        var drained = new List<GrainId>();
        foreach (var batch in grains.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            var isDrained = await Task.WhenAll(batch.Select(grain => kept.DrainAsync(grain, to)));
            drained.AddRange(batch.Where((_, i) => isDrained[i]));
        }

        return drained;
    }

    /// <summary>
    /// Refused for certain, so nobody can accept it: it is kept. Under an epoch that was withdrawn once nothing is
    /// offered again, so that one is claimed under a newer epoch first, for the next time.
    /// </summary>
    private void NotOffered(Holding holding, GrainAnswer answer)
    {
        claiming.Note(answer.Status);
        kept.Change(book => book.Keep(holding.Grain, holding.Epoch));
        var isWithdrawn = answer is { Status: DirectoryStatus.LostRace, Record.Offer.To: null };
        if (isWithdrawn) kept.Doubt([holding.Grain]);
        else claiming.Learn(holding, answer);
    }
}
