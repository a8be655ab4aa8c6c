using System.Collections.Immutable;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <content>
/// Losses of the directory's memory. A memory is named by its <c>gen</c>, and a shard that is opened after a loss has
/// another: so a memory is lost once, whoever reports it and whatever each of them had seen of it, and all are told the
/// floor of the first report. What was granted before has lower tokens, and counts no more on that shard.
/// </content>
public sealed partial record CoordinationState
{
    /// <summary>By shard, the oldest first; never empty.</summary>
    public ImmutableSortedDictionary<int, ImmutableArray<MemoryLoss>> Losses { get; private init; } =
        ImmutableSortedDictionary<int, ImmutableArray<MemoryLoss>>.Empty;

    /// <summary>The loss of a memory by its name; null where it is not among the last ones of its shard.</summary>
    public MemoryLoss? FindLoss(LostMemory memory) =>
        Losses.GetValueOrDefault(memory.Shard, []).FirstOrDefault(loss => loss.Memory.Gen == memory.Gen);

    private AppliedEntry Lose(Entry entry, CoordinationCommand.DirectoryLost lost)
    {
        // As with marked requests: what was read must not be missing from the next snapshot.
        var state = this with { Format = Math.Max(Format, CommandCodec.LossVersion) };
        if (FindLoss(lost.Memory) is { } earlier)
            return new(state, new CoordinationAnswer.LossState(earlier, New: false));
        var loss = new MemoryLoss
        {
            Memory = lost.Memory,
            Floor = entry.Token,
            Evidence = lost.Evidence,
            LostAtUnixMs = entry.Stamp.ProposedAtUnixMs,
            TraceParent = entry.Stamp.TraceParent,
        };
        state = state.WithLoss(loss).Announce(entry, new AnnouncedChange.MemoryLost(loss));
        return new(state, new CoordinationAnswer.LossState(loss, New: true));
    }

    private CoordinationState WithLoss(MemoryLoss loss)
    {
        var losses = Losses.GetValueOrDefault(loss.Memory.Shard, []).Add(loss);
        if (losses.Length > CoordinationLimits.LossesPerShardMax) losses = losses.RemoveAt(0);
        return this with { Losses = Losses.SetItem(loss.Memory.Shard, losses) };
    }

    private CoordinationState WithLosses(ref CommandReader reader)
    {
        var state = this;
        foreach (var loss in StateBodies.ReadAll(ref reader, LossBodies.ReadLoss)) state = state.WithLoss(loss);
        return state;
    }
}
