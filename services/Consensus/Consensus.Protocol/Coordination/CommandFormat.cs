using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Consensus.Protocol.Coordination;

/// <summary>An entry that this voter cannot read. It was made by a newer program, or is damaged.</summary>
public sealed class CommandCorruptException(string what) : Exception($"Command is corrupt: {what}.");

/// <summary>
/// The three shapes that commands are made of: numbers as base-128 varints (low group first), texts as a varint of
/// their bytes and UTF-8, doubles as 8 bytes little-endian.
/// </summary>
internal sealed class CommandWriter(IBufferWriter<byte> bytes)
{

    public void Byte(byte value)
    {
        bytes.GetSpan(1)[0] = value;
        bytes.Advance(1);
    }

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.GetSpan(sizeof(double)), value);
        bytes.Advance(sizeof(double));
    }

    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Number((ulong)length);
        Encoding.UTF8.GetBytes(value, bytes.GetSpan(length));
        bytes.Advance(length);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number((ulong)value.Length);
        bytes.Write(value);
    }

    public void OptionalText(string? value)
    {
        Flag(value is not null);
        if (value is not null) Text(value);
    }
}

/// <summary>Reads what <see cref="CommandWriter"/> wrote, and nothing else: a value has one encoding only.</summary>
internal ref struct CommandReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public readonly void End()
    {
        if (!_rest.IsEmpty) throw new CommandCorruptException($"{_rest.Length} bytes after its end");
    }

    public byte Byte() => Take(1)[0];

    public bool Flag() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new CommandCorruptException($"flag {other}"),
    };

    public ulong Number(ulong max = ulong.MaxValue)
    {
        const int bitsMax = 64;
        ulong value = 0;
        for (var shift = 0; shift < bitsMax; shift += 7)
        {
            var group = Byte();
            if (shift == 63 && group > 1) break;
            value |= (ulong)(group & 0x7f) << shift;
            if (group >= 0x80) continue;
            if (group == 0 && shift > 0) throw new CommandCorruptException("a number with needless bytes");
            return value <= max ? value : throw new CommandCorruptException($"number {value} above {max}");
        }

        throw new CommandCorruptException("a number of more than 64 bits");
    }

    public double Double()
    {
        var value = BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));
        return double.IsFinite(value) ? value : throw new CommandCorruptException($"{value} is not finite");
    }

    public string Text(int bytesMax)
    {
        var length = (int)Number((ulong)bytesMax);
        try
        {
            return Strict.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw new CommandCorruptException("a text that is not UTF-8");
        }
    }

    public string? OptionalText(int bytesMax) => Flag() ? Text(bytesMax) : null;

    public ReadOnlyMemory<byte> Bytes(int bytesMax) => Take((int)Number((ulong)bytesMax)).ToArray();

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length) throw new CommandCorruptException($"{count} bytes wanted, {_rest.Length} left");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
