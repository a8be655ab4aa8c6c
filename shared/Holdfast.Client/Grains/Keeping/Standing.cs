using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>What the directory's record of a grain means for the one who holds it.</summary>
internal abstract record Standing
{
    /// <summary>The record is the holder's own, as it believes.</summary>
    public sealed record Own : Standing;

    /// <summary>It may claim the grain again.</summary>
    /// <param name="Expected">The epoch to take it from an earlier session of its own; null where none is.</param>
    /// <param name="Earlier">That session; a leased grain is claimed only once it has ended.</param>
    public sealed record Claimable(Epoch? Expected, SessionId? Earlier) : Standing;

    /// <summary>
    /// The directory knows less than the holder: it has forgotten, and nobody has noticed yet. The holder goes on and
    /// waits until it is asked.
    /// </summary>
    public sealed record Forgotten : Standing;

    /// <summary>It is another's.</summary>
    public sealed record Lost(GrainLossCause Cause) : Standing;

    /// <summary>Compares what is held with what is on record.</summary>
    /// <param name="held">What is held.</param>
    /// <param name="record">The record; null for none.</param>
    /// <param name="cluster">The holder's cluster.</param>
    /// <param name="session">The holder's session now.</param>
    /// <param name="isRepaired">
    /// Whether the shard lost its memory since the grain was claimed, and its holders have told it again: then what it
    /// knows counts, also where it is older.
    /// </param>
    public static Standing Of(
        Holding held, GrainRecord? record, ClusterId cluster, SessionId session, bool isRepaired)
    {
        if (record is null) return new Claimable(null, null);
        if (!record.Tombstone && record.Holder == session)
            return record.Epoch == held.Epoch ? new Own() : new Claimable(null, null);
        if (!isRepaired && record.Epoch < held.Epoch) return new Forgotten();
        if (record.Tombstone) return new Lost(GrainLossCause.Released);
        if (record.Cluster != cluster)
            return new Lost(record.Cluster == held.To ? GrainLossCause.Transferred : GrainLossCause.Demoted);
        if (record.Holder is null) return new Claimable(null, null);
        return record.Holder == held.Session && record.Epoch == held.Epoch
            ? new Claimable(record.Epoch, held.Session)
            : new Lost(GrainLossCause.Demoted);
    }
}
