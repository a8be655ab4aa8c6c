using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>A packet that is filled until the next item would make it larger than its datagram.</summary>
internal sealed class PacketDraft(Packet header, int bytesMax)
{
    private readonly ImmutableArray<PeerBeat>.Builder _beats = ImmutableArray.CreateBuilder<PeerBeat>();
    private readonly ImmutableArray<PeerRecord>.Builder _records = ImmutableArray.CreateBuilder<PeerRecord>();
    private readonly ImmutableArray<VoteNews>.Builder _votes = ImmutableArray.CreateBuilder<VoteNews>();
    private readonly ImmutableArray<NodeId>.Builder _wants = ImmutableArray.CreateBuilder<NodeId>();
    private int _bytes = PacketCodec.SizeOf(header);

    public bool TryAdd(PeerBeat beat) => TryAdd(_beats, beat, PacketCodec.SizeOf(beat));

    public bool TryAdd(PeerRecord record) => TryAdd(_records, record, PacketCodec.SizeOf(record));

    public bool TryAdd(VoteNews vote) => TryAdd(_votes, vote, PacketCodec.SizeOf(vote));

    public bool TryAdd(NodeId want) => TryAdd(_wants, want, PacketCodec.SizeOf(want));

    public Packet Finish() => header with
    {
        Beats = _beats.ToImmutable(),
        Records = _records.ToImmutable(),
        Votes = _votes.ToImmutable(),
        Wants = _wants.ToImmutable(),
    };

    private bool TryAdd<T>(ImmutableArray<T>.Builder items, T item, int bytes)
    {
        if (_bytes + bytes > bytesMax) return false;
        _bytes += bytes;
        items.Add(item);
        return true;
    }
}
