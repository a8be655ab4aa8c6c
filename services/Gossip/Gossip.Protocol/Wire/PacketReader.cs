using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Protocol;

/// <summary>
/// Reads the fields of <see cref="PacketCodec"/>; every method answers false at the first broken rule.
/// </summary>
internal ref struct PacketReader(ReadOnlySpan<byte> bytes)
{
    // A year: longer times are nonsense, and larger ones could overflow a TimeSpan.
    private const ulong MillisecondsMax = 366UL * 24 * 3_600 * 1_000;

    private static readonly Encoding StrictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public bool TryContents(PacketKind kind, byte flags, [NotNullWhen(true)] out Packet? packet)
    {
        packet = null;
        DigestRange? range = null;
        if (!TryBeat(out var sender) || !TryOptionalNode(out var target) || !TryNumber(out var sequence) ||
            !TryTime(out var sentAt) || !TryTime(out var interval))
        {
            return false;
        }

        if ((flags & PacketCodec.RangeFlag) != 0)
        {
            if (!TryOptionalNode(out var after) || !TryOptionalNode(out var upTo)) return false;
            range = new DigestRange(after, upTo);
        }

        if (kind == PacketKind.Digest != range.HasValue) return false;
        packet = new Packet
        {
            Kind = kind,
            Sender = sender,
            Target = target,
            Sequence = sequence,
            SentAt = sentAt,
            Interval = interval,
            Watches = (flags & PacketCodec.WatchesFlag) != 0,
            Range = range,
        };
        return TryItems(ref packet);
    }

    private bool TryItems(ref Packet packet)
    {
        var beats = ImmutableArray.CreateBuilder<PeerBeat>();
        var records = ImmutableArray.CreateBuilder<PeerRecord>();
        var votes = ImmutableArray.CreateBuilder<VoteNews>();
        var wants = ImmutableArray.CreateBuilder<NodeId>();
        while (!_rest.IsEmpty)
        {
            if (!TryByte(out var kind)) return false;
            switch (kind)
            {
                case PacketCodec.BeatItem when TryBeat(out var beat):
                    beats.Add(beat);
                    break;
                case PacketCodec.RecordItem when TryRecord(out var record):
                    records.Add(record);
                    break;
                case PacketCodec.VoteItem when TryVote(out var vote):
                    votes.Add(vote);
                    break;
                case PacketCodec.WantItem when TryNode(out var want):
                    wants.Add(want);
                    break;
                default:
                    return false;
            }
        }

        packet = packet with
        {
            Beats = beats.ToImmutable(),
            Records = records.ToImmutable(),
            Votes = votes.ToImmutable(),
            Wants = wants.ToImmutable(),
        };
        return true;
    }

    private bool TryRecord([NotNullWhen(true)] out PeerRecord? record)
    {
        record = null;
        if (!TryBeat(out var beat) || !TryCluster(out var cluster) || !TryText(out var rack) ||
            !TryText(out var address) || !TryText(out var http) || address.Length == 0)
        {
            return false;
        }

        record = new PeerRecord
        {
            Node = beat.Node,
            Version = beat.Version,
            Heartbeat = beat.Heartbeat,
            Cluster = cluster,
            Rack = rack,
            Address = new PeerAddress(address),
            HttpAddress = http,
        };
        return true;
    }

    private bool TryVote(out VoteNews news)
    {
        news = default;
        if (!TryNode(out var subject) || !TryNumber(out var generation) || !TryVerdict(out var verdict) ||
            !TryNode(out var accuser) || !TryCluster(out var cluster) || !TryNumber(out var phi) ||
            !TryTime(out var silentFor) || !TryTime(out var age) || phi > 1_000_000_000)
        {
            return false;
        }

        var vote = new Vote
        {
            Subject = subject,
            Generation = new Generation(generation),
            Verdict = verdict,
            Accuser = accuser,
            AccuserCluster = cluster,
            Phi = phi / 1_000.0,
            SilentFor = silentFor,
        };
        news = new VoteNews(vote, age);
        return true;
    }

    private bool TryBeat(out PeerBeat beat)
    {
        beat = default;
        if (!TryNode(out var node) || !TryNumber(out var generation) || !TryVerdict(out var verdict) ||
            !TryByte(out var state) || state > (byte)PeerState.Left || !TryNumber(out var heartbeat))
        {
            return false;
        }

        // A generation is a time in milliseconds, and the next one must exist; see docs/protocols/gossip.md.
        if (generation > GossipNode.GenerationMax) return false;
        beat = new PeerBeat(node, new PeerVersion(new Generation(generation), verdict, (PeerState)state), heartbeat);
        return true;
    }

    private bool TryVerdict(out Verdict verdict)
    {
        var isRead = TryNumber(out var value) && value <= GossipNode.VerdictMax;
        verdict = new Verdict(value);
        return isRead;
    }

    private bool TryOptionalNode(out NodeId? node)
    {
        node = null;
        if (_rest.IsEmpty) return false;
        if (_rest[0] == 0)
        {
            _rest = _rest[1..];
            return true;
        }

        if (!TryNode(out var read)) return false;
        node = read;
        return true;
    }

    private bool TryNode(out NodeId node)
    {
        var isRead = TryText(out var text) && NodeId.IsLegal(text);
        node = isRead ? new NodeId(text!) : default;
        return isRead;
    }

    private bool TryCluster(out ClusterId cluster)
    {
        var isRead = TryText(out var text) && ClusterId.IsLegal(text);
        cluster = isRead ? new ClusterId(text!) : default;
        return isRead;
    }

    private bool TryTime(out TimeSpan time)
    {
        var isRead = TryNumber(out var value) && value <= MillisecondsMax;
        time = isRead ? TimeSpan.FromMilliseconds(value) : default;
        return isRead;
    }

    private bool TryText([NotNullWhen(true)] out string? text)
    {
        text = null;
        if (!TryByte(out var length) || _rest.Length < length) return false;
        try
        {
            text = StrictUtf8.GetString(_rest[..length]);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        _rest = _rest[length..];
        foreach (var c in text)
        {
            if (char.IsControl(c)) return false;
        }

        return true;
    }

    private bool TryNumber(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (!TryByte(out var b)) return false;
            // The tenth byte holds one bit, and a number has one spelling: no zero byte at its end.
            if (shift == 63 && b > 1) return false;
            value |= (ulong)(b & 0x7f) << shift;
            if ((b & 0x80) == 0) return b != 0 || shift == 0;
        }

        return false;
    }

    private bool TryByte(out byte value)
    {
        value = 0;
        if (_rest.IsEmpty) return false;
        value = _rest[0];
        _rest = _rest[1..];
        return true;
    }
}
