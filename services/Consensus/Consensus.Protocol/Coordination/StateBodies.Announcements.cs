using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <content>Fences and what the bus must still hear.</content>
internal static partial class StateBodies
{
    private const byte Granted = 1;
    private const byte Lost = 2;
    private const byte Fenced = 3;
    private const byte MemoryLost = 4;

    public static void Write(CommandWriter writer, FenceRecord fence)
    {
        writer.Text(fence.Node.Value);
        writer.Text(fence.Cluster.Value);
        writer.Number(fence.Generation.Value);
        writer.Number(fence.Token.Value);
        writer.Number(fence.Term.Value);
        writer.Byte((byte)fence.Cause);
        writer.Text(fence.Reporter.Value);
        Span(writer, fence.SilentFor);
        WriteAll(writer, fence.Observers, static (to, observer) =>
        {
            to.Text(observer.Node.Value);
            to.Text(observer.Cluster.Value);
            to.Double(observer.Phi);
            Span(to, observer.SilentFor);
        });
        writer.Number((ulong)fence.FencedAtUnixMs);
        writer.OptionalText(fence.TraceParent);
        writer.Number((ulong)fence.RevokedSessions);
        WriteAll(writer, fence.LiveClusters, static (to, cluster) => to.Text(cluster.Value));
    }

    public static FenceRecord ReadFence(ref CommandReader reader) => new()
    {
        Node = Node(ref reader),
        Cluster = Cluster(ref reader),
        Generation = new Generation(reader.Number()),
        Token = Token(ref reader),
        Term = new Term(reader.Number()),
        Cause = Defined((FenceCause)reader.Byte()),
        Reporter = Node(ref reader),
        SilentFor = Span(ref reader),
        Observers =
        [
            .. ReadAll(ref reader, static (ref CommandReader from) =>
                new Evidence(Node(ref from), Cluster(ref from), from.Double(), Span(ref from))),
        ],
        FencedAtUnixMs = (long)reader.Number(long.MaxValue),
        TraceParent = Trace(ref reader),
        RevokedSessions = (int)reader.Number(int.MaxValue),
        LiveClusters = [.. ReadAll(ref reader, Cluster)],
    };

    public static void Write(CommandWriter writer, Announcement announcement)
    {
        writer.Number(announcement.Index.Value);
        writer.Number((ulong)announcement.Ordinal);
        writer.Number(announcement.Term.Value);
        writer.Number(announcement.ConsensusGeneration);
        writer.Number((ulong)announcement.ProposedAtUnixMs);
        writer.OptionalText(announcement.TraceParent);
        switch (announcement.Change)
        {
            case AnnouncedChange.ElectionGranted granted: Write(writer, granted); break;
            case AnnouncedChange.ElectionLost lost: Write(writer, lost); break;
            case AnnouncedChange.NodeFenced fenced:
                writer.Byte(Fenced);
                Write(writer, fenced.Fence);
                break;
            case AnnouncedChange.MemoryLost lost:
                writer.Byte(MemoryLost);
                LossBodies.Write(writer, lost.Loss);
                break;
            default: throw new InvariantViolatedException($"{announcement.Change} has no form");
        }
    }

    public static Announcement ReadAnnouncement(ref CommandReader reader) => new()
    {
        Index = new LogIndex(reader.Number(Primitives.Token.IndexMax)),
        Ordinal = (int)reader.Number(int.MaxValue),
        Term = new Term(reader.Number()),
        ConsensusGeneration = (ushort)reader.Number(ushort.MaxValue),
        ProposedAtUnixMs = (long)reader.Number(long.MaxValue),
        TraceParent = Trace(ref reader),
        Change = reader.Byte() switch
        {
            Granted => ReadGranted(ref reader),
            Lost => new AnnouncedChange.ElectionLost(
                Name(ref reader), Name(ref reader), Token(ref reader), Defined((LossCause)reader.Byte())),
            Fenced => new AnnouncedChange.NodeFenced(ReadFence(ref reader)),
            MemoryLost => new AnnouncedChange.MemoryLost(LossBodies.ReadLoss(ref reader)),
            var unknown => throw new CommandCorruptException($"unknown change {unknown}"),
        },
    };

    private static void Write(CommandWriter writer, AnnouncedChange.ElectionGranted granted)
    {
        writer.Byte(Granted);
        writer.Text(granted.Election);
        writer.Text(granted.Holder);
        writer.OptionalText(granted.Cluster?.Value);
        writer.OptionalText(granted.Node?.Value);
        writer.Number(granted.Token.Value);
        writer.OptionalText(granted.PreviousHolder);
        Optional(writer, granted.PreviousToken);
        writer.Byte((byte)granted.Cause);
    }

    private static AnnouncedChange.ElectionGranted ReadGranted(ref CommandReader reader) => new(
        Name(ref reader),
        Name(ref reader),
        reader.OptionalText(CoordinationLimits.NameBytesMax) is { } cluster ? new ClusterId(cluster) : null,
        reader.OptionalText(CoordinationLimits.NameBytesMax) is { } node ? new NodeId(node) : null,
        Token(ref reader),
        reader.OptionalText(CoordinationLimits.NameBytesMax),
        OptionalToken(ref reader),
        Defined((GrantCause)reader.Byte()));

    private static void Write(CommandWriter writer, AnnouncedChange.ElectionLost lost)
    {
        writer.Byte(Lost);
        writer.Text(lost.Election);
        writer.Text(lost.Holder);
        writer.Number(lost.Token.Value);
        writer.Byte((byte)lost.Cause);
    }
}
