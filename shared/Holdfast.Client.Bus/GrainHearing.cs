using Holdfast.Contracts;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Client.Bus;

/// <summary>What the bus tells a keeper of grains: hints to look at once, and wishes to give grains away.</summary>
internal static class GrainHearing
{
    private const string IllegalName = "invalidRequest";

    /// <summary>What was promoted to the keeper's cluster, and what may be another's by now.</summary>
    public static void Hear(HoldfastSubscriber subscriber, GrainKeeper keeper) => subscriber
        .On<GrainPromoted>((promoted, _) =>
        {
            if (promoted.ToCluster == keeper.Session?.Cluster.Value)
                keeper.HearPromoted(GrainsOf(promoted.Grains), promoted.OccurredAt);
            else keeper.Suspect(GrainsOf(promoted.Grains));
            return Task.CompletedTask;
        })
        .On<GrainDemoted>((demoted, _) =>
        {
            keeper.Suspect(GrainsOf(demoted.Grains));
            return Task.CompletedTask;
        })
        .On<GrainTransferred>((transferred, _) =>
        {
            keeper.Suspect(GrainsOf(transferred.Grains));
            return Task.CompletedTask;
        });

    /// <summary>
    /// Answers the command to offer grains. Every program of the giving cluster does its share; those of the receiver
    /// hear the same command, answer nothing, and look for the offers that follow. One that does not keep the type
    /// stays silent: its refusal could come before the answer of one that does.
    /// </summary>
    public static IAsyncDisposable Answer(ICommandBus commands, GrainKeeper keeper, string queue)
    {
        return commands.RespondTo<OfferTransfer>(queue, Concerns, WishAsync);

        bool Concerns(OfferTransfer wish)
        {
            var own = keeper.Session?.Cluster.Value;
            if (own is not null && wish.ToCluster == own && ClusterId.IsLegal(wish.FromCluster))
                keeper.ExpectOffers(new ClusterId(wish.FromCluster));
            return own is not null && wish.FromCluster == own &&
                (wish.GrainType is null || keeper.Keeps(wish.GrainType));
        }

        async Task<ICommandAnswer> WishAsync(OfferTransfer wish, CancellationToken cancel)
        {
            if (!ClusterId.IsLegal(wish.ToCluster)) return Refused(wish, IllegalName);
            var answer = await keeper.WishTransferAsync(
                new ClusterId(wish.ToCluster), wish.GrainType, wish.GrainsMax, cancel);
            return answer == TransferWishAnswer.Accepted
                ? new CommandAccepted { CommandId = wish.CommandId, Detail = "They are drained and offered." }
                : Refused(wish, CodeOf(answer));
        }
    }

    private static IEnumerable<GrainId> GrainsOf(IEnumerable<GrainChange> changes) =>
        changes.Select(change => new GrainId(change.Type, change.Key));

    private static string CodeOf(TransferWishAnswer answer)
    {
        var name = answer.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static CommandRefused Refused(OfferTransfer wish, string code) => new()
    {
        CommandId = wish.CommandId,
        Code = code,
        Detail = $"{wish.GrainsMax?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "All"} grains of " +
            $"'{wish.GrainType ?? "every type"}' from '{wish.FromCluster}' to '{wish.ToCluster}' are not offered.",
        Legal = "Another cluster with a live node or session, a type that the program keeps or none, 1 grain or more.",
    };
}
