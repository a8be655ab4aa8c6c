using System.Buffers.Binary;

namespace Holdfast.KeyValue;

/// <summary>
/// What clients and voters of the store say on one connection; all numbers little-endian.
/// <code>
/// request                                     answer
/// offset  size  field                         offset  size  field
///      0     4  length of what follows             0     4  length of what follows
///      4     4  tag, the client's own              4     4  tag of the request
///      8     1  1 put, 2 remove, 3 get, 4 state,   8     1  status
///               5 enrol                            9        put, remove, enrol: 8 bytes, the place in the log;
///      9     2  length of the key                           get: the value; not the leader: the leader's name;
///     11        key, then the value                         state: "term role leader applied last", as text
/// </code>
/// From offset 8 on a put, remove or enrol is the command as it goes into the log. Requests are answered in any order.
/// <para>
/// A put or remove is done once, however often it is sent, where a mark stands before it at offset 8: 6, then 8 bytes
/// client and 8 bytes number. The client's name is the place that its enrol was answered with; its numbers grow, from
/// 1. A repeat is answered with the first one's place. Enrol only where all voters run a program that knows it.
/// </para>
/// </summary>
internal static class StoreFrames
{
    public const int LengthBytes = 4;
    public const int RequestHeaderBytes = 11;
    public const int AnswerHeaderBytes = 9;
    public const int MarkBytes = 17;
    public const int FrameBytesMax = 1024 * 1024;

    /// <summary>Writes a request; the value is empty but for a put.</summary>
    /// <returns>Its bytes.</returns>
    public static int WriteRequest(
        Span<byte> to, uint tag, StoreAction action, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var length = RequestHeaderBytes + key.Length + value.Length;
        BinaryPrimitives.WriteInt32LittleEndian(to, length - LengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], tag);
        WriteCommand(to[8..], action, key, value);
        return length;
    }

    public static void WriteAnswerHeader(Span<byte> to, uint tag, StoreStatus status, int payloadBytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, AnswerHeaderBytes - LengthBytes + payloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], tag);
        to[8] = (byte)status;
    }

    /// <summary>The parts of a command; false when it is none.</summary>
    public static bool TryReadCommand(
        ReadOnlySpan<byte> command, out StoreAction action, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        action = default;
        key = default;
        value = default;
        if (command.Length < 3) return false;
        var keyBytes = BinaryPrimitives.ReadUInt16LittleEndian(command[1..]);
        if (keyBytes == 0 || keyBytes > command.Length - 3) return false;
        action = (StoreAction)command[0];
        key = command.Slice(3, keyBytes);
        value = command[(3 + keyBytes)..];
        return action == StoreAction.Put ||
            (action is StoreAction.Remove or StoreAction.Get or StoreAction.State or StoreAction.Enrol &&
                value.IsEmpty);
    }

    /// <summary>Makes a put or remove of <see cref="WriteRequest"/> one that is done once.</summary>
    public static byte[] Marked(ReadOnlySpan<byte> request, ulong client, ulong number)
    {
        var marked = new byte[request.Length + MarkBytes];
        request[..8].CopyTo(marked);
        BinaryPrimitives.WriteInt32LittleEndian(marked, marked.Length - LengthBytes);
        marked[8] = (byte)StoreAction.Once;
        BinaryPrimitives.WriteUInt64LittleEndian(marked.AsSpan(9), client);
        BinaryPrimitives.WriteUInt64LittleEndian(marked.AsSpan(17), number);
        request[8..].CopyTo(marked.AsSpan(8 + MarkBytes));
        return marked;
    }

    /// <summary>Takes the mark off a command; false where it has none.</summary>
    public static bool TryTakeMark(ref ReadOnlySpan<byte> command, out ulong client, out ulong number)
    {
        (client, number) = (0, 0);
        if (command.Length < MarkBytes || command[0] != (byte)StoreAction.Once) return false;
        client = BinaryPrimitives.ReadUInt64LittleEndian(command[1..]);
        number = BinaryPrimitives.ReadUInt64LittleEndian(command[9..]);
        command = command[MarkBytes..];
        return true;
    }

    private static void WriteCommand(
        Span<byte> to, StoreAction action, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        to[0] = (byte)action;
        BinaryPrimitives.WriteUInt16LittleEndian(to[1..], (ushort)key.Length);
        key.CopyTo(to[3..]);
        value.CopyTo(to[(3 + key.Length)..]);
    }
}

/// <summary>The numbers are on the wire and in the log: never reuse one.</summary>
internal enum StoreAction : byte
{
    Put = 1,
    Remove = 2,
    Get = 3,

    /// <summary>How this voter stands, leader or not; the key says nothing.</summary>
    State = 4,

    /// <summary>A client that marks its requests begins; the key says nothing.</summary>
    Enrol = 5,

    /// <summary>Stands before a command, with its mark.</summary>
    Once = 6,
}

/// <summary>The numbers are on the wire: never reuse one.</summary>
internal enum StoreStatus : byte
{
    Done = 0,
    NotFound = 1,

    /// <summary>Nothing was changed; the answer names the leader, when it is known.</summary>
    NotLeader = 2,

    /// <summary>Nothing was changed: too much waits.</summary>
    Overloaded = 3,

    /// <summary>Leadership was lost meanwhile: the command may or may not take effect.</summary>
    Unknown = 4,

    /// <summary>Nothing was changed: the request is none.</summary>
    BadRequest = 5,

    /// <summary>Nothing was changed now: the request is older than what is remembered of its client.</summary>
    Forgotten = 6,

    /// <summary>Nothing was changed now: no such client is remembered; enrol anew.</summary>
    UnknownClient = 7,
}
