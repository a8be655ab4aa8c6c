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
    /// <summary>
    /// Batches that may wait to be accepted while the next one is drained. More is sooner done, and leaves more grains
    /// unserved at once, up to 500 each.
    /// </summary>
    private const int BatchesOfferedMax = 8;

    private readonly HashSet<string> _types = [.. options.Types];

    /// <summary>
    /// Drains grains and offers them, a batch at a time, so that few of them are served by nobody at once. Where
    /// nothing of a batch was accepted nobody takes them, and the rest is left as it is; so is what lives on a shard
    /// that does not answer.
    /// </summary>
    /// <returns>
    /// Those that were offered, and those that could not be for now: they are not served, or in doubt, their shard does
    /// not answer, or they are claimed under a newer epoch first. What the program could not drain is in neither, nor
    /// what the directory refused else.
    /// </returns>
    public async Task<(IReadOnlyList<GrainId> Offered, IReadOnlyList<GrainId> Left)> OfferAsync(
        IReadOnlyCollection<GrainId> grains, ClusterId to, Func<Instant> now, CancellationToken cancel)
    {
        var (offered, left) = (new List<GrainId>(), new List<GrainId>());
        var waiting = new Queue<Task<bool>>();
        foreach (var batch in InBatches(grains))
        {
            if (waiting.Count == BatchesOfferedMax && !await waiting.Dequeue().WaitAsync(cancel)) break;
            if (calls.Session.Lost.IsCancellationRequested) break;
            var outcome = await OfferBatchAsync(batch, to, now, cancel);
            offered.AddRange(outcome.Offered);
            left.AddRange(outcome.Left);
            if (outcome.Unsettled.Count > 0) waiting.Enqueue(WhenTakenAsync(outcome.Unsettled));
        }

        if (offered.Count > 0) Log.GrainsOffered(logger, offered.Count, to.Value);
        return (offered, left);
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
                claiming.Note(answer);
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

    /// <summary>
    /// Accepts what a cluster offers to the own one, as far as it is this program's and there is room: a shard as soon
    /// as it is listed, since nobody serves meanwhile. Nothing while the lease of the session does not hold, for then
    /// what is leased would be served by nobody.
    /// </summary>
    /// <returns>How many grains were accepted.</returns>
    public async Task<int> AcceptAsync(ClusterId from, ClusterLook look, CancellationToken cancel)
    {
        if (!calls.Session.IsAlive()) return 0;
        var (accepted, none) = (0, new HashSet<GrainId>());
        await calls.ForShardsAsync(Enumerable.Range(0, calls.Directory.Shards), AcceptShardAsync, cancel);
        if (accepted > 0) Log.GrainsAccepted(logger, accepted, from.Value);
        return accepted;

        async Task AcceptShardAsync(int shard, CancellationToken inner)
        {
            var wanted = new List<GrainId>();
            await calls.ListAsync(
                shard,
                from,
                records => wanted.AddRange(records.Where(IsOffered).Select(record => record.Grain)),
                inner);
            if (wanted.Count == 0) return;
            await claiming.WithinRoomAsync(wanted, none, those => calls.AcceptAsync(those, Learn, inner), inner);
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

    /// <summary>
    /// Drains grains and gives them up: nobody owns them then. What lives on a shard that does not answer is kept.
    /// </summary>
    /// <returns>Those that are released.</returns>
    public async Task<IReadOnlyList<GrainId>> ReleaseAsync(
        IReadOnlyCollection<GrainId> grains, CancellationToken cancel)
    {
        var (drained, _) = await DrainAsync(grains, to: null);
        var releasing = Sending(drained, (book, grain) => book.Release(grain));
        var released = new List<GrainId>();
        try
        {
            var sent = await calls.ReleaseAsync(releasing.Values.Select(holding => holding.Held), Learn, cancel);
            KeepUnsent(releasing, sent);
        }
        finally
        {
            foreach (var holding in releasing.Values)
                kept.Change(book => book.Unreleased(holding.Grain, holding.Epoch));
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
                if (kept.Read(book => book.Find(answer.Grain)) is not null) continue;
                lock (released) released.Add(answer.Grain);
            }
        }
    }

    /// <summary>What of the drained is sent; what came into doubt meanwhile is kept.</summary>
    private Dictionary<GrainId, Holding> Sending(
        IReadOnlyList<GrainId> drained, Func<HoldingBook, GrainId, Holding?> send)
    {
        var sending = drained
            .Select(grain => kept.Read(book => send(book, grain)))
            .OfType<Holding>()
            .ToDictionary(holding => holding.Grain);
        foreach (var grain in drained.Where(grain => !sending.ContainsKey(grain)))
            kept.Change(book => book.KeepDrained(grain));
        return sending;
    }

    /// <summary>What was never sent cannot be carried out: it is served again at once.</summary>
    private void KeepUnsent(Dictionary<GrainId, Holding> sending, IReadOnlySet<GrainId> sent)
    {
        foreach (var holding in sending.Values.Where(holding => !sent.Contains(holding.Grain)).ToList())
        {
            sending.Remove(holding.Grain);
            kept.Change(book => book.Keep(holding.Grain, holding.Epoch));
        }
    }

    /// <summary>Shard by shard, so that most batches are one call.</summary>
    private IEnumerable<GrainId[]> InBatches(IEnumerable<GrainId> grains) => grains
        .OrderBy(grain => GrainShard.Of(grain, calls.Directory.Shards))
        .Chunk(DirectoryLimits.GrainsPerCallMax);

    private async Task<BatchOutcome> OfferBatchAsync(
        IReadOnlyCollection<GrainId> batch, ClusterId to, Func<Instant> now, CancellationToken cancel)
    {
        var (drained, undrained) = await DrainAsync(batch, to);
        var offering = Sending(drained, (book, grain) => book.Offer(grain, now()));
        var (offered, refused, renewed) = (new List<GrainId>(), new HashSet<GrainId>(), new HashSet<GrainId>());
        var sent = await calls.OfferAsync(offering.Values.Select(holding => holding.Held), to, Learn, cancel);
        KeepUnsent(offering, sent);
        Telemetry.GrainsOffered.Add(offered.Count);
        var untried = batch.Where(grain => !offering.ContainsKey(grain) && !undrained.Contains(grain));
        return new BatchOutcome(
            offered, [.. offering.Keys.Where(grain => !refused.Contains(grain))], [.. untried, .. renewed]);

        void Learn(IReadOnlyList<GrainAnswer> answers)
        {
            foreach (var answer in answers)
            {
                var isOffered = answer.Status == DirectoryStatus.Ok;
                var isRenewed = !isOffered && NotOffered(offering[answer.Grain], answer);
                lock (offered)
                {
                    if (isOffered) offered.Add(answer.Grain);
                    else refused.Add(answer.Grain);
                    if (isRenewed) renewed.Add(answer.Grain);
                }
            }
        }
    }

    /// <summary>
    /// Completes when nothing of a batch waits any more: whether anything of it was accepted. It is accepted or
    /// withdrawn in the time of an offer, or as soon as the directory answers; not under a session that is lost.
    /// </summary>
    private async Task<bool> WhenTakenAsync(IReadOnlyCollection<GrainId> batch)
    {
        var settled = Task.WhenAll(batch.Select(kept.WhenSettledAsync));
        await ((Task)settled).WaitAsync(calls.Session.Lost).ConfigureAwait(Aside.Quietly);
        return settled.IsCompletedSuccessfully && (await settled).Contains(false);
    }

    /// <summary>Drains what is served and can be sent now.</summary>
    /// <returns>What is drained, and what the program could not drain.</returns>
    private async Task<(IReadOnlyList<GrainId> Drained, IReadOnlySet<GrainId> Undrained)> DrainAsync(
        IReadOnlyCollection<GrainId> grains, ClusterId? to)
    {
        var (drained, undrained) = (new List<GrainId>(), new HashSet<GrainId>());
        var answering = grains.Where(grain => !calls.IsSilent(grain));
        foreach (var batch in answering.Chunk(DirectoryLimits.GrainsPerCallMax))
        {
            var isDrained = await Task.WhenAll(batch.Select(grain => kept.DrainAsync(grain, to)));
            drained.AddRange(batch.Where((_, i) => isDrained[i] == true));
            undrained.UnionWith(batch.Where((_, i) => isDrained[i] == false));
        }

        return (drained, undrained);
    }

    /// <summary>
    /// Refused for certain, so nobody can accept it: it is kept. Under an epoch that was withdrawn once nothing is
    /// offered again, so that one is claimed under a newer epoch first.
    /// </summary>
    /// <returns>Whether it was withdrawn once, and can be offered under its next epoch.</returns>
    private bool NotOffered(Holding holding, GrainAnswer answer)
    {
        claiming.Note(answer);
        kept.Change(book => book.Keep(holding.Grain, holding.Epoch));
        var isWithdrawn = answer is { Status: DirectoryStatus.LostRace, Record.Offer.To: null };
        if (isWithdrawn) kept.Doubt([holding.Grain]);
        else claiming.Learn(holding, answer);
        return isWithdrawn;
    }

    /// <summary>What came of a batch.</summary>
    /// <param name="Offered">What is offered.</param>
    /// <param name="Unsettled">That, and what may be: it had no answer.</param>
    /// <param name="Left">What could not be offered for now.</param>
    private sealed record BatchOutcome(
        IReadOnlyList<GrainId> Offered, IReadOnlyCollection<GrainId> Unsettled, IReadOnlyList<GrainId> Left);
}
