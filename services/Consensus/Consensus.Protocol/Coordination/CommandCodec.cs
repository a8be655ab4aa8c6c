using System.Buffers;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Protocol.Requests;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>
/// Commands as bytes in the log. The numbers are for ever; a change of a body is a new kind.
/// <code>
/// version (1)  kind  generation  proposed-at  trace?                             then by kind:
/// version (2)  kind  generation  proposed-at  trace?  [session]  request-number  then by kind:
///   1 OpenSession       cluster  [node generation]  ttl-ms  name?  agent
///   2 AdvanceSession    session
///   3 CloseSession      session
///   4 ExpireSession     session  term
///   5 Campaign          election  session
///   6 Resign            election  session
///   7 AdvanceElection   election  session
///   8 GrantNext         election
///   9 FenceNode         node  cluster  generation  cause  reporter  silent-ms  count  (node cluster phi silent-ms)*
///  10 PutDefinition     key  value  only-if-absent
///  11 DeleteDefinition  key
///  12 RecordAnnounced   index
///  13 BeginTerm         leader  no-op-index  term
///  14 RaiseFormat       format
///  15 DirectoryLost     shard  gen  seq  run  evidence
/// </code>
/// A command that marks a request is of version 2, all others of version 1. A program that reads version 1 only knows
/// neither version 2 nor kind 14, one of format 2 not kind 15, and each stops at the first that it does not know; so
/// <see cref="CoordinationState.Format"/> says when the group may use them.
/// version, kind, cause and flags are bytes; [..] and ? are a flag, then the value where it is 1; phi is a double;
/// sessions are their token; all other numbers are varints.
/// </summary>
public static class CommandCodec
{
    /// <summary>The format of commands without a request.</summary>
    public const byte Version = 1;

    /// <summary>The format of commands with one.</summary>
    public const byte RequestVersion = 2;

    /// <summary>
    /// The format of a group that knows losses of the directory's memory, and the newest that this program reads. It
    /// adds a kind of command and a part of the state; the commands themselves stay as they are.
    /// </summary>
    public const byte LossVersion = 3;

    public static ReadOnlyMemory<byte> Encode(StampedCommand stamped)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new CommandWriter(bytes);
        writer.Byte(stamped.Stamp.Request is null ? Version : RequestVersion);
        writer.Byte(KindOf(stamped.Command));
        writer.Number(stamped.Stamp.ConsensusGeneration);
        writer.Number((ulong)stamped.Stamp.ProposedAtUnixMs);
        writer.OptionalText(stamped.Stamp.TraceParent);
        if (stamped.Stamp.Request is { } request) WriteRequest(writer, request);
        CommandBodies.Write(writer, stamped.Command);
        Invariant.Holds(bytes.WrittenCount <= CoordinationLimits.CommandBytesMax);
        return bytes.WrittenMemory;
    }

    /// <exception cref="CommandCorruptException">The bytes are not a command of this version.</exception>
    public static StampedCommand Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > CoordinationLimits.CommandBytesMax)
            throw new CommandCorruptException($"{bytes.Length} bytes, above {CoordinationLimits.CommandBytesMax}");
        var reader = new CommandReader(bytes);
        var version = reader.Byte();
        if (version is not (Version or RequestVersion))
            throw new CommandCorruptException($"version {version}, only {Version} and {RequestVersion} are known");
        var kind = reader.Byte();
        var stamp = new CommandStamp(
            (ushort)reader.Number(ushort.MaxValue),
            (long)reader.Number(long.MaxValue),
            reader.OptionalText(CoordinationLimits.TraceParentBytesMax))
        {
            Request = version == RequestVersion ? ReadRequest(ref reader) : null,
        };
        try
        {
            var command = CommandBodies.Read(kind, ref reader);
            reader.End();
            return new StampedCommand(stamp, command);
        }
        catch (FormatException illegalName)
        {
            throw new CommandCorruptException(illegalName.Message);
        }
    }

    /// <summary>
    /// Of what is asked, without who asks and when: the same for a repeated request, and hardly ever for another.
    /// </summary>
    internal static uint DigestOf(CoordinationCommand command)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new CommandWriter(bytes);
        writer.Byte(KindOf(command));
        CommandBodies.Write(writer, command);
        return Crc32C.Of(bytes.WrittenSpan);
    }

    private static void WriteRequest(CommandWriter writer, RequestTag request)
    {
        writer.Flag(request.Session is not null);
        if (request.Session is { } session) writer.Number(session.Opened.Value);
        writer.Number(request.Number);
    }

    private static RequestTag ReadRequest(ref CommandReader reader) => new(
        reader.Flag() ? new SessionId(new Token(reader.Number())) : null,
        reader.Number(RequestLimits.NumberMax));

    private static byte KindOf(CoordinationCommand command) => command switch
    {
        CoordinationCommand.OpenSession => CommandBodies.OpenSession,
        CoordinationCommand.AdvanceSession => CommandBodies.AdvanceSession,
        CoordinationCommand.CloseSession => CommandBodies.CloseSession,
        CoordinationCommand.ExpireSession => CommandBodies.ExpireSession,
        CoordinationCommand.Campaign => CommandBodies.Campaign,
        CoordinationCommand.Resign => CommandBodies.Resign,
        CoordinationCommand.AdvanceElection => CommandBodies.AdvanceElection,
        CoordinationCommand.GrantNext => CommandBodies.GrantNext,
        CoordinationCommand.FenceNode => CommandBodies.FenceNode,
        CoordinationCommand.PutDefinition => CommandBodies.PutDefinition,
        CoordinationCommand.DeleteDefinition => CommandBodies.DeleteDefinition,
        CoordinationCommand.RecordAnnounced => CommandBodies.RecordAnnounced,
        CoordinationCommand.BeginTerm => CommandBodies.BeginTerm,
        CoordinationCommand.RaiseFormat => CommandBodies.RaiseFormat,
        CoordinationCommand.DirectoryLost => CommandBodies.DirectoryLost,
        _ => throw new InvariantViolatedException($"{command} has no kind"),
    };
}
