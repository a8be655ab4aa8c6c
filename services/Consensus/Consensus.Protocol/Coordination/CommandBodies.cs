using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>The bodies, each beside its twin.</summary>
internal static class CommandBodies
{
    public const byte OpenSession = 1;
    public const byte AdvanceSession = 2;
    public const byte CloseSession = 3;
    public const byte ExpireSession = 4;
    public const byte Campaign = 5;
    public const byte Resign = 6;
    public const byte AdvanceElection = 7;
    public const byte GrantNext = 8;
    public const byte FenceNode = 9;
    public const byte PutDefinition = 10;
    public const byte DeleteDefinition = 11;
    public const byte RecordAnnounced = 12;
    public const byte BeginTerm = 13;
    public const byte RaiseFormat = 14;
    public const byte DirectoryLost = 15;

    private const ulong MsMax = (ulong)(long.MaxValue / TimeSpan.TicksPerMillisecond);

    public static void Write(CommandWriter writer, CoordinationCommand command)
    {
        switch (command)
        {
            case CoordinationCommand.OpenSession open: WriteOpen(writer, open); break;
            case CoordinationCommand.AdvanceSession advance: Session(writer, advance.Session); break;
            case CoordinationCommand.CloseSession close: Session(writer, close.Session); break;
            case CoordinationCommand.ExpireSession expire:
                Session(writer, expire.Session);
                writer.Number(expire.Decided.Value);
                break;
            case CoordinationCommand.Campaign campaign: Entry(writer, campaign.Election, campaign.Session); break;
            case CoordinationCommand.Resign resign: Entry(writer, resign.Election, resign.Session); break;
            case CoordinationCommand.AdvanceElection advance: Entry(writer, advance.Election, advance.Session); break;
            case CoordinationCommand.GrantNext grant: writer.Text(grant.Election.Value); break;
            case CoordinationCommand.FenceNode fence: WriteFence(writer, fence); break;
            case CoordinationCommand.PutDefinition put:
                writer.Text(put.Key.Value);
                writer.Text(put.Value);
                writer.Flag(put.OnlyIfAbsent);
                break;
            case CoordinationCommand.DeleteDefinition delete: writer.Text(delete.Key.Value); break;
            case CoordinationCommand.RecordAnnounced announced: writer.Number(announced.UpTo.Value); break;
            case CoordinationCommand.BeginTerm begin:
                writer.Text(begin.Leader.Value);
                writer.Number(begin.NoOp.Value);
                writer.Number(begin.Won.Value);
                break;
            case CoordinationCommand.RaiseFormat raise: writer.Byte(raise.Format); break;
            case CoordinationCommand.DirectoryLost lost:
                LossBodies.Write(writer, lost.Memory);
                writer.Byte((byte)lost.Evidence);
                break;
            default: throw new InvariantViolatedException($"{command} has no body");
        }
    }

    public static CoordinationCommand Read(byte kind, ref CommandReader reader) => kind switch
    {
        OpenSession => ReadOpen(ref reader),
        AdvanceSession => new CoordinationCommand.AdvanceSession(Session(ref reader)),
        CloseSession => new CoordinationCommand.CloseSession(Session(ref reader)),
        ExpireSession => new CoordinationCommand.ExpireSession(Session(ref reader), new Term(reader.Number())),
        Campaign => new CoordinationCommand.Campaign(Election(ref reader), Session(ref reader)),
        Resign => new CoordinationCommand.Resign(Election(ref reader), Session(ref reader)),
        AdvanceElection => new CoordinationCommand.AdvanceElection(Election(ref reader), Session(ref reader)),
        GrantNext => new CoordinationCommand.GrantNext(Election(ref reader)),
        FenceNode => ReadFence(ref reader),
        PutDefinition => new CoordinationCommand.PutDefinition(
            new DefinitionKey(Name(ref reader)), reader.Text(CoordinationLimits.DefinitionBytesMax), reader.Flag()),
        DeleteDefinition => new CoordinationCommand.DeleteDefinition(new DefinitionKey(Name(ref reader))),
        RecordAnnounced => new CoordinationCommand.RecordAnnounced(Index(ref reader)),
        BeginTerm => new CoordinationCommand.BeginTerm(
            Node(ref reader), Index(ref reader), new Term(reader.Number())),
        RaiseFormat => ReadRaise(ref reader),
        DirectoryLost => new CoordinationCommand.DirectoryLost(
            LossBodies.ReadMemory(ref reader), LossBodies.ReadEvidence(ref reader)),
        _ => throw new CommandCorruptException($"unknown kind {kind}"),
    };

    private static void WriteOpen(CommandWriter writer, CoordinationCommand.OpenSession open)
    {
        writer.Text(open.Cluster.Value);
        writer.Flag(open.Residence is not null);
        if (open.Residence is { } home)
        {
            writer.Text(home.Node.Value);
            writer.Number(home.Generation.Value);
        }

        Span(writer, open.Ttl);
        writer.OptionalText(open.Name);
        writer.Flag(open.Agent);
    }

    private static CoordinationCommand.OpenSession ReadOpen(ref CommandReader reader) => new(
        new ClusterId(Name(ref reader)),
        reader.Flag() ? new Residence(Node(ref reader), new Generation(reader.Number())) : null,
        Span(ref reader),
        reader.OptionalText(CoordinationLimits.NameBytesMax),
        reader.Flag());

    private static void WriteFence(CommandWriter writer, CoordinationCommand.FenceNode fence)
    {
        writer.Text(fence.Node.Value);
        writer.Text(fence.Cluster.Value);
        writer.Number(fence.Generation.Value);
        writer.Byte((byte)fence.Cause);
        writer.Text(fence.Reporter.Value);
        Span(writer, fence.SilentFor);
        writer.Number((ulong)fence.Observers.Length);
        foreach (var observer in fence.Observers)
        {
            writer.Text(observer.Node.Value);
            writer.Text(observer.Cluster.Value);
            writer.Double(observer.Phi);
            Span(writer, observer.SilentFor);
        }
    }

    private static CoordinationCommand.FenceNode ReadFence(ref CommandReader reader)
    {
        var node = Node(ref reader);
        var cluster = new ClusterId(Name(ref reader));
        var generation = new Generation(reader.Number());
        var cause = (FenceCause)reader.Byte();
        if (!Enum.IsDefined(cause)) throw new CommandCorruptException($"unknown cause {cause}");
        var reporter = Node(ref reader);
        var silentFor = Span(ref reader);
        var observers = ImmutableArray.CreateBuilder<Evidence>();
        var count = reader.Number(CoordinationLimits.EvidenceMax);
        for (var i = 0UL; i < count; i++)
        {
            observers.Add(new Evidence(
                Node(ref reader), new ClusterId(Name(ref reader)), reader.Double(), Span(ref reader)));
        }

        return new CoordinationCommand.FenceNode(
            node, cluster, generation, cause, reporter, silentFor, observers.ToImmutable());
    }

    private static CoordinationCommand.RaiseFormat ReadRaise(ref CommandReader reader)
    {
        var format = reader.Byte();
        return format is CommandCodec.RequestVersion or CommandCodec.LossVersion
            ? new CoordinationCommand.RaiseFormat(format)
            : throw new CommandCorruptException(
                $"format {format}, only {CommandCodec.RequestVersion} and {CommandCodec.LossVersion} are known");
    }

    private static void Entry(CommandWriter writer, ElectionName election, SessionId session)
    {
        writer.Text(election.Value);
        Session(writer, session);
    }

    private static void Session(CommandWriter writer, SessionId session) => writer.Number(session.Opened.Value);

    private static SessionId Session(ref CommandReader reader) => new(new Token(reader.Number()));

    private static void Span(CommandWriter writer, TimeSpan span) =>
        writer.Number((ulong)(span.Ticks / TimeSpan.TicksPerMillisecond));

    private static TimeSpan Span(ref CommandReader reader) =>
        TimeSpan.FromTicks((long)reader.Number(MsMax) * TimeSpan.TicksPerMillisecond);

    private static LogIndex Index(ref CommandReader reader) => new(reader.Number(Token.IndexMax));

    private static ElectionName Election(ref CommandReader reader) => new(Name(ref reader));

    private static NodeId Node(ref CommandReader reader) => new(Name(ref reader));

    private static string Name(ref CommandReader reader) => reader.Text(CoordinationLimits.NameBytesMax);
}
