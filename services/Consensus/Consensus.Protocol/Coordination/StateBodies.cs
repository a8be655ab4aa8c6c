using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Protocol.Requests;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>The parts of a state as bytes, each beside its twin. Their order of fields is for ever.</summary>
internal static partial class StateBodies
{
    // No state has more of anything; a count above it is damage, and must not become a large allocation.
    private const ulong CountMax = 10_000_000;

    internal delegate T ReadOne<out T>(ref CommandReader reader);

    public static void WriteAll<T>(CommandWriter writer, IEnumerable<T> all, Action<CommandWriter, T> write)
    {
        var list = all as IReadOnlyCollection<T> ?? [.. all];
        writer.Number((ulong)list.Count);
        foreach (var one in list) write(writer, one);
    }

    public static List<T> ReadAll<T>(ref CommandReader reader, ReadOne<T> read)
    {
        var all = new List<T>();
        for (var left = reader.Number(CountMax); left > 0; left--) all.Add(read(ref reader));
        return all;
    }

    public static void Write(CommandWriter writer, Leadership leadership)
    {
        writer.Text(leadership.Leader.Value);
        writer.Number(leadership.Term.Value);
        writer.Number(leadership.Token.Value);
    }

    public static Leadership ReadLeadership(ref CommandReader reader) =>
        new(Node(ref reader), new Term(reader.Number()), Token(ref reader));

    public static void Write(CommandWriter writer, SessionRecord session)
    {
        writer.Number(session.Id.Opened.Value);
        writer.Number(session.Token.Value);
        writer.Text(session.Cluster.Value);
        writer.Flag(session.Residence is not null);
        if (session.Residence is { } home)
        {
            writer.Text(home.Node.Value);
            writer.Number(home.Generation.Value);
        }

        Span(writer, session.Ttl);
        writer.OptionalText(session.Name);
        writer.Flag(session.Agent);
        writer.Byte((byte)session.Standing);
        writer.OptionalText(session.RevokedTraceParent);
        WriteAll(writer, session.Elections, static (to, name) => to.Text(name));
    }

    public static SessionRecord ReadSession(ref CommandReader reader) => new()
    {
        Id = ReadSessionId(ref reader),
        Token = Token(ref reader),
        Cluster = Cluster(ref reader),
        Residence = reader.Flag() ? new Residence(Node(ref reader), new Generation(reader.Number())) : null,
        Ttl = Span(ref reader),
        Name = reader.OptionalText(CoordinationLimits.NameBytesMax),
        Agent = reader.Flag(),
        Standing = Defined((SessionStanding)reader.Byte()),
        RevokedTraceParent = Trace(ref reader),
        Elections = SessionRecord.NoElections.Union(ReadAll(ref reader, Name)),
    };

    public static void Write(CommandWriter writer, ElectionRecord election)
    {
        writer.Text(election.Name.Value);
        Optional(writer, election.Holder?.Opened);
        writer.Number(election.Token.Value);
        writer.Number(election.Term.Value);
        Optional(writer, election.PreviousHolder?.Opened);
        writer.Number(election.PreviousToken.Value);
        writer.OptionalText(election.VacatedTraceParent);
        WriteAll(writer, election.Queue, static (to, candidate) =>
        {
            to.Number(candidate.Session.Opened.Value);
            to.OptionalText(candidate.TraceParent);
        });
    }

    public static ElectionRecord ReadElection(ref CommandReader reader) => new()
    {
        Name = new ElectionName(Name(ref reader)),
        Holder = OptionalSession(ref reader),
        Token = Token(ref reader),
        Term = new Term(reader.Number()),
        PreviousHolder = OptionalSession(ref reader),
        PreviousToken = Token(ref reader),
        VacatedTraceParent = Trace(ref reader),
        Queue =
        [
            .. ReadAll(ref reader, static (ref CommandReader from) =>
                new Candidate(ReadSessionId(ref from), Trace(ref from))),
        ],
    };

    public static void Write(CommandWriter writer, NodeRecord node)
    {
        writer.Text(node.Node.Value);
        writer.Text(node.Cluster.Value);
        writer.Number(node.Generation.Value);
        writer.Flag(node.Fence is not null);
        if (node.Fence is { } fence) Write(writer, fence);
    }

    public static NodeRecord ReadNode(ref CommandReader reader) => new()
    {
        Node = Node(ref reader),
        Cluster = Cluster(ref reader),
        Generation = new Generation(reader.Number()),
        Fence = reader.Flag() ? ReadFence(ref reader) : null,
    };

    public static void Write(CommandWriter writer, DefinitionRecord definition)
    {
        writer.Text(definition.Key.Value);
        writer.Text(definition.Value);
        writer.Number(definition.Token.Value);
    }

    public static DefinitionRecord ReadDefinition(ref CommandReader reader) => new(
        new DefinitionKey(Name(ref reader)), reader.Text(CoordinationLimits.DefinitionBytesMax), Token(ref reader));

    public static void Write(CommandWriter writer, MintedToken minted)
    {
        writer.Number(minted.Token.Value);
        writer.Number(minted.Session.Opened.Value);
        writer.OptionalText(minted.Election?.Value);
    }

    public static MintedToken ReadMinted(ref CommandReader reader) => new(
        Token(ref reader),
        ReadSessionId(ref reader),
        reader.OptionalText(CoordinationLimits.NameBytesMax) is { } election ? new ElectionName(election) : null);

    public static void Write(CommandWriter writer, KeyValuePair<ulong, SessionId> opening)
    {
        writer.Number(opening.Key);
        writer.Number(opening.Value.Opened.Value);
    }

    public static KeyValuePair<ulong, SessionId> ReadOpening(ref CommandReader reader) =>
        KeyValuePair.Create(reader.Number(RequestLimits.NumberMax), ReadSessionId(ref reader));

    public static SessionId ReadSessionId(ref CommandReader reader) => new(Token(ref reader));

    private static void Optional(CommandWriter writer, Token? token)
    {
        writer.Flag(token is not null);
        if (token is { } some) writer.Number(some.Value);
    }

    private static SessionId? OptionalSession(ref CommandReader reader) =>
        reader.Flag() ? ReadSessionId(ref reader) : null;

    private static Token? OptionalToken(ref CommandReader reader) => reader.Flag() ? Token(ref reader) : null;

    private static Token Token(ref CommandReader reader) => new(reader.Number());

    private static void Span(CommandWriter writer, TimeSpan span) => writer.Number((ulong)span.Ticks);

    private static TimeSpan Span(ref CommandReader reader) => TimeSpan.FromTicks((long)reader.Number(long.MaxValue));

    private static string? Trace(ref CommandReader reader) =>
        reader.OptionalText(CoordinationLimits.TraceParentBytesMax);

    private static NodeId Node(ref CommandReader reader) => new(Name(ref reader));

    private static ClusterId Cluster(ref CommandReader reader) => new(Name(ref reader));

    private static string Name(ref CommandReader reader) => reader.Text(CoordinationLimits.NameBytesMax);

    private static T Defined<T>(T value)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw new CommandCorruptException($"unknown {typeof(T).Name} {value}");
}
