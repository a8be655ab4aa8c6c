using System.Diagnostics;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>What came of a wish that grains be offered.</summary>
public enum TransferWishAnswer
{
    /// <summary>They are drained and offered, a little at a time.</summary>
    Accepted,

    /// <summary>The keeper has no session now.</summary>
    NoSession,

    /// <summary>The receiver is the own cluster.</summary>
    OwnCluster,

    /// <summary>Consensus knows no live node and no session of the receiver.</summary>
    UnknownCluster,

    /// <summary>The keeper keeps no grains of the type.</summary>
    UnknownType,

    /// <summary>The number of grains is below 1.</summary>
    IllegalNumber,

    /// <summary>Too many wishes wait.</summary>
    TooMany,
}

/// <summary>Hints from the bus, and giving and taking grains on purpose.</summary>
public sealed partial class GrainKeeper
{
    /// <summary>Whether a type is one of <see cref="GrainKeeperOptions.Types"/>.</summary>
    public bool Keeps(string type) => _types.Contains(type);

    /// <summary>
    /// An event told that grains were promoted to the own cluster: what is this program's of them and not held yet is
    /// claimed at once, in the trace of the current <see cref="Activity"/>; what is held is looked up, as by
    /// <see cref="Suspect"/>.
    /// </summary>
    /// <param name="grains">The grains; other programs' are left out.</param>
    /// <param name="at">When it was done, UTC.</param>
    public void HearPromoted(IEnumerable<GrainId> grains, DateTime at)
    {
        List<GrainId> own = [.. grains.Where(grain => _types.Contains(grain.Type))];
        if (own.Count == 0) return;

        // Also what was promoted to the own cluster may be another's: another program's of it.
        Suspect(own);
        _hints.Promoted(new PromotedHint(own, at, Activity.Current?.Context ?? default));
    }

    /// <summary>
    /// Something told that grains may be another's by now: those that are held are looked up at once. The directory
    /// decides.
    /// </summary>
    public void Suspect(IEnumerable<GrainId> grains)
    {
        List<GrainId> held = [.. grains.Where(grain => _kept.Read(book => book.Find(grain)) is not null)];
        if (held.Count > 0) _hints.Suspect(held);
    }

    /// <summary>
    /// Somebody asked a cluster to offer grains to the own one: its offers are looked for and accepted, until none can
    /// wait any more.
    /// </summary>
    public void ExpectOffers(ClusterId from)
    {
        if (from == Session?.Cluster) return;
        var now = Now();
        if (!_hints.TryExpect(from, now + (_options.DrainDeadline + _options.OfferPatience), now))
            Log.OffersUnheard(_logger, from.Value, GrainHints.OfferingMax);
    }

    /// <summary>
    /// Wishes that some of what is held is offered to another cluster; done in the background. Of a number each program
    /// of the cluster takes its share, rounded up. What cannot be offered at once, since it is being loaded or its
    /// shard does not answer, is offered as soon as it can be, within <see cref="GrainKeeperOptions.DrainDeadline"/>.
    /// </summary>
    /// <param name="to">The receiver.</param>
    /// <param name="type">Only this type; null: all.</param>
    /// <param name="grainsMax">How many from all programs together; null: all.</param>
    /// <param name="cancel">Gives up asking who is there.</param>
    /// <exception cref="ConsensusUnavailableException">Who is there is not known; nothing was begun.</exception>
    public async Task<TransferWishAnswer> WishTransferAsync(
        ClusterId to, string? type, int? grainsMax, CancellationToken cancel)
    {
        if (_keeping is not { } keeping) return TransferWishAnswer.NoSession;
        if (to == keeping.Session.Cluster) return TransferWishAnswer.OwnCluster;
        if (type is not null && !_types.Contains(type)) return TransferWishAnswer.UnknownType;
        if (grainsMax < 1) return TransferWishAnswer.IllegalNumber;
        var look = await keeping.LookAsync(cancel);
        if (!look.Clusters.Contains(to.Value)) return TransferWishAnswer.UnknownCluster;
        return _hints.TryTransfer(new TransferWish(to, type, grainsMax, Now() + _options.DrainDeadline))
            ? TransferWishAnswer.Accepted
            : TransferWishAnswer.TooMany;
    }

    /// <summary>
    /// Has the program drain grains, and offers them to another cluster. They are not served from then on; what is not
    /// accepted within <see cref="GrainKeeperOptions.OfferPatience"/> is withdrawn and served again.
    /// </summary>
    /// <returns>Those that are offered by now, without what was not served or could not be drained.</returns>
    /// <exception cref="ArgumentException">
    /// The receiver is the own cluster, or one of which Consensus knows no live node and no session; nothing was begun.
    /// </exception>
    /// <exception cref="ConsensusUnavailableException">Who is there is not known; nothing was begun.</exception>
    /// <exception cref="InvalidOperationException">There is no session now.</exception>
    public async Task<IReadOnlyList<GrainId>> OfferAsync(
        IReadOnlyCollection<GrainId> grains, ClusterId to, CancellationToken cancel)
    {
        var keeping = Demand();
        if (to == keeping.Session.Cluster)
            throw new ArgumentException($"{to} is the own cluster; grains are offered to another.", nameof(to));
        var look = await keeping.LookAsync(cancel);
        if (!look.Clusters.Contains(to.Value))
        {
            throw new ArgumentException(
                $"Consensus knows no live node and no session of {to}; there are {string.Join(", ", look.Clusters)}.",
                nameof(to));
        }

        return (await keeping.Transfers.OfferAsync([.. grains.Distinct()], to, Now, cancel)).Offered;
    }

    /// <summary>Takes offers back before their time; what was accepted by then is lost.</summary>
    /// <exception cref="InvalidOperationException">There is no session now.</exception>
    public Task WithdrawAsync(IReadOnlyCollection<GrainId> grains, CancellationToken cancel)
    {
        var wanted = grains.ToHashSet();
        var offered = _kept.Read(book => book.Offered).Where(holding => wanted.Contains(holding.Grain));
        return Demand().Transfers.WithdrawAsync([.. offered], cancel);
    }

    /// <summary>Accepts now what a cluster offers to the own one, as far as it is this program's.</summary>
    /// <returns>How many grains were accepted; they are loaded before they are served.</returns>
    /// <exception cref="InvalidOperationException">There is no session now.</exception>
    public async Task<int> AcceptAsync(ClusterId from, CancellationToken cancel)
    {
        var keeping = Demand();
        return await keeping.Transfers.AcceptAsync(from, await keeping.LookAsync(cancel), cancel);
    }

    /// <summary>Has the program drain grains, and gives them up: nobody owns them until somebody claims them.</summary>
    /// <returns>Those that are released by now.</returns>
    /// <exception cref="InvalidOperationException">There is no session now.</exception>
    public Task<IReadOnlyList<GrainId>> ReleaseAsync(IReadOnlyCollection<GrainId> grains, CancellationToken cancel) =>
        Demand().Transfers.ReleaseAsync([.. grains.Distinct()], cancel);
}
