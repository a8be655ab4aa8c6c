using System.Buffers.Binary;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Wire;

/// <summary>
/// Frames of the handoff protocol: those of the public crate <c>beyond-handoff</c>, version 1, so that daemons and
/// supervisors of both can be mixed.
/// </summary>
// All little-endian.
//
// offset  size  field
//      0     4  length of everything after this field: at least 2, at most 1,048,576
//      4     2  protocol version
//      6     n  body: one message in the postcard encoding, see MessageReader
//
// A body may have more bytes than its message: that is how a later build of the same version would add a field, and
// the crate's own reader passes over them too.
public static class HandoffCodec
{
    /// <summary>The lowest version spoken.</summary>
    public const ushort VersionMin = 1;

    /// <summary>The highest version spoken.</summary>
    public const ushort VersionMax = 1;

    /// <summary>The largest value of the length field.</summary>
    public const int LengthMax = 1_048_576;

    /// <summary>The smallest value of the length field: a version, and an empty body.</summary>
    public const int LengthMin = 2;

    /// <summary>The bytes of the length field itself.</summary>
    public const int LengthSize = 4;

    private const int BodyOffset = LengthSize + 2;

    /// <summary>The highest version that both ranges hold; null where there is none.</summary>
    public static ushort? ChooseVersion(ushort min, ushort max)
    {
        var chosen = Math.Min(max, VersionMax);
        return chosen >= Math.Max(min, VersionMin) ? chosen : null;
    }

    /// <summary>The whole frame of a message.</summary>
    /// <exception cref="ArgumentException">It would be above <see cref="LengthMax"/>.</exception>
    public static byte[] Write(HandoffMessage message, ushort version = VersionMax)
    {
        var writer = new MessageWriter();
        writer.Message(message);
        var length = writer.Body.Length + LengthMin;
        if (length > LengthMax)
            throw new ArgumentException($"A frame of {length} bytes is above {LengthMax}.", nameof(message));
        var frame = new byte[LengthSize + length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(LengthSize), version);
        writer.Body.CopyTo(frame.AsSpan(BodyOffset));
        return frame;
    }

    /// <summary>
    /// What a length field asks for: <see cref="FrameStatus.Complete"/> with the bytes that follow it, or what is
    /// wrong with it. Ask before making room for them.
    /// </summary>
    public static FrameStatus TryReadLength(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < LengthSize) return FrameStatus.NeedMoreBytes;
        var claimed = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (claimed < LengthMin) return FrameStatus.TooShort;
        if (claimed > LengthMax) return FrameStatus.TooLarge;
        length = (int)claimed;
        return FrameStatus.Complete;
    }

    /// <summary>Reads the frame at the start of the bytes, and says how many it took.</summary>
    public static FrameStatus TryRead(ReadOnlySpan<byte> bytes, out HandoffFrame frame, out int consumed)
    {
        frame = default;
        consumed = 0;
        if (TryReadLength(bytes, out var length) is var status and not FrameStatus.Complete) return status;
        if (bytes.Length < LengthSize + length) return FrameStatus.NeedMoreBytes;
        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[LengthSize..]);
        var reader = new MessageReader(bytes[BodyOffset..(LengthSize + length)]);
        if (!reader.TryMessage(out var message)) return FrameStatus.Malformed;
        Invariant.Holds(message is not null);
        frame = new HandoffFrame(version, message);
        consumed = LengthSize + length;
        return FrameStatus.Complete;
    }
}
